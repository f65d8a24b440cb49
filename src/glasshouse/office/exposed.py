"""Decisions about what is public in, kept for ever; out, what was adopted, disowned, accepted or reviewed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from glasshouse.errors import UsageError
from glasshouse.known import Asset
from glasshouse.office import audit, meta
from glasshouse.office.documents import lines, one_line
from glasshouse.office.rows import mark
from glasshouse.office.tables import exposure_events
from glasshouse.records import TargetType

Kind = Literal["adopt", "disown", "forget", "accept", "accept-end", "review"]
ALL = "*"  # the subject of a review of everything
LONGEST = 365 * 86_400_000_000  # a risk is accepted for a year at most
_TYPES: tuple[TargetType, ...] = ("domain", "hostname", "ip", "cidr", "asn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One decision; never changed. ``subject`` is a name, an address, or the id of a finding."""

    number: int
    time: int
    actor: str
    kind: Kind
    type: str
    subject: str
    owner: str
    reason: str
    until: int | None = None


def add(
    conn: Connection,
    kind: Kind,
    subject: str,
    actor: str,
    now: int,
    reason: str,
    owner: str = "",
    until: int | None = None,
    type_: str = "",
) -> Deed:
    """Keep one decision; the audit trail gets its hash, not its words. UsageError when too little is said."""
    if wrong := _wrong(kind, subject, actor, reason, owner, until, now):
        raise UsageError("; ".join(wrong), one_line(subject), "see glasshouse exposure --help")
    row: dict[str, str | int | None] = {
        "number": meta.following(conn, "exposure"), "time": now, "actor": one_line(actor), "kind": kind,
        "type": type_, "subject": one_line(subject), "owner": one_line(owner), "reason": lines(reason),
        "until": until,
    }  # fmt: skip
    conn.execute(exposure_events.insert().values(row))
    details: audit.Details = {**mark(row), "until": until, "type": type_}
    audit.append(conn, act=kind, subject=one_line(subject), actor=actor, now=now, details=details)
    return Deed(**row)  # type: ignore[arg-type]


def _wrong(
    kind: Kind, subject: str, actor: str, reason: str, owner: str, until: int | None, now: int
) -> list[str]:
    if not subject.strip():
        return ["it does not say about what"]
    found = [
        f"it does not say {name}" for name, said in (("who", actor), ("why", reason)) if not said.strip()
    ]
    if kind in ("adopt", "accept") and not owner.strip():
        found.append("it does not say who owns it")
    if kind == "accept" and until is None:
        found.append("it does not say until when")
    if until is not None and not now < until <= now + LONGEST:
        found.append("it ends before now" if until <= now else "it lasts longer than a year")
    return found


def deeds(conn: Connection, subject: str | None = None) -> list[Deed]:
    """All decisions in their order, or those about one subject."""
    wanted = select(exposure_events).order_by(exposure_events.c.number)
    if subject is not None:
        wanted = wanted.where(exposure_events.c.subject == one_line(subject))
    return [Deed(**row._mapping) for row in conn.execute(wanted)]


def reviews(conn: Connection) -> list[Deed]:
    """Who looked through what is public, and when, in order; of all of it where the subject is ``ALL``."""
    return [deed for deed in deeds(conn) if deed.kind == "review"]


def staff(conn: Connection) -> frozenset[str]:
    """Everybody who decided, or bears something, here."""
    return frozenset(name for deed in deeds(conn) for name in (deed.actor, deed.owner) if name)


def standing(conn: Connection) -> dict[str, Deed]:
    """The last word about each subject: adoptions, disownings and accepted risks that were not taken back."""
    last = {deed.subject: deed for deed in deeds(conn) if deed.kind != "review"}
    return {subject: deed for subject, deed in last.items() if deed.kind in ("adopt", "disown", "accept")}


def assets(decided: Iterable[Deed]) -> tuple[Asset, ...]:
    """What was adopted, as assets."""
    return tuple(
        Asset(type=kind, value=deed.subject, owner=deed.owner, origin=f"adopted, decision {deed.number}")
        for deed in decided
        for kind in _TYPES
        if deed.kind == "adopt" and deed.type == kind
    )
