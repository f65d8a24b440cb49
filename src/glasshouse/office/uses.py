"""Entries of the use register made through the product in, kept with their history; out those that hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, Row, func, select, update

from glasshouse.errors import UsageError
from glasshouse.known import Use
from glasshouse.office import audit, meta
from glasshouse.office.documents import lines, of_text, one_line, text_of
from glasshouse.office.rows import mark, text_sha
from glasshouse.office.tables import use_events, uses

DAY = 86_400_000_000
_WHO = ("accounts", "roles", "departments", "groups", "hosts", "networks", "keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One entry with who added it, and who ended it before its time."""

    use: Use
    state: Literal["active", "ended"]
    added: int
    added_by: str
    ended: int | None
    ended_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UseEvent:
    """One thing that happened to an entry; never changed. ``use`` is the entry as it was then."""

    use_id: str
    number: int
    time: int
    actor: str
    kind: Literal["add", "end"]
    reason: str
    use: Use


def add(conn: Connection, use: Use, reason: str, actor: str, now: int, longest_days: int) -> Registered:
    """Add an entry; an empty ``id`` becomes the next ``R-5``. UsageError when too little is said."""
    named = replace(use, id=one_line(use.id) or f"R-{meta.following(conn, 'use'):d}")
    if conn.execute(select(uses.c.id).where(uses.c.id == named.id)).first():
        raise UsageError(f"there is an entry {named.id}", "", "end it, or take another name")
    _check(named, reason, now, longest_days)
    kept = replace(named, origin=f"register {named.id}")
    conn.execute(
        uses.insert().values(
            id=kept.id, state="active", added=now, added_by=one_line(actor), document=text_of(kept)
        )
    )
    _record(conn, kept, "add", reason, actor, now)
    return get(conn, kept.id)


def end(conn: Connection, use: str, reason: str, actor: str, now: int) -> Registered:
    """End an entry before its time: from now on it covers nothing; what it covered before stays covered."""
    had = get(conn, use)
    if had.state == "ended":
        raise UsageError(f"{had.use.id} is ended already", "", "nothing to do")
    if not reason.strip():
        raise UsageError("ending an entry needs its reason", had.use.id, 'say it: --reason "..."')
    until = max(had.use.valid_from, min(now, had.use.valid_until))
    cut = replace(had.use, valid_until=until)
    conn.execute(
        update(uses)
        .where(uses.c.id == cut.id)
        .values(state="ended", ended=now, ended_by=one_line(actor), document=text_of(cut))
    )
    _record(conn, cut, "end", reason, actor, now)
    return get(conn, cut.id)


def get(conn: Connection, use: str) -> Registered:
    """One entry by its id; UsageError when there is none."""
    row = conn.execute(select(uses).where(uses.c.id == use)).first()
    if row is None:
        raise UsageError(f"no entry {use!r} was made here", "", "glasshouse register lists them")
    return _registered(row)


def listed(conn: Connection, active: bool = False) -> tuple[Registered, ...]:
    """All entries, or those that were not ended, in the order they were added."""
    wanted = select(uses).order_by(uses.c.added, uses.c.id)
    if active:
        wanted = wanted.where(uses.c.state == "active")
    return tuple(_registered(row) for row in conn.execute(wanted))


def known(conn: Connection) -> tuple[Use, ...]:
    """The entries as knowledge. Ended ones too, with their early end: they covered what was before."""
    return tuple(one.use for one in listed(conn))


def history(conn: Connection, use: str) -> tuple[UseEvent, ...]:
    """What happened to an entry, oldest first."""
    rows = conn.execute(select(use_events).where(use_events.c.use_id == use).order_by(use_events.c.number))
    return tuple(
        UseEvent(
            use_id=row.use_id, number=row.number, time=row.time, actor=row.actor, kind=row.kind,
            reason=row.reason, use=of_text(Use, row.document),
        )
        for row in rows
    )  # fmt: skip


def _check(use: Use, reason: str, now: int, longest_days: int) -> None:
    wrong = [
        *(f"it says no {name}" for name in ("purpose", "approved_by") if not getattr(use, name).strip()),
        *(f"it says no {name}" for name in ("databases", "targets") if not getattr(use, name)),
        *(["it does not say whom it covers"] if not any(getattr(use, name) for name in _WHO) else []),
        *(["it ends before it begins"] if use.valid_until <= use.valid_from else []),
        *(["it has ended already"] if use.valid_until <= now else []),
        *(
            [f"it is valid for more than {longest_days} days"]
            if use.valid_until - max(use.valid_from, now) > longest_days * DAY
            else []
        ),
        *(["adding it needs a reason"] if not reason.strip() else []),
    ]
    if wrong:
        raise UsageError("; ".join(wrong), use.id, "say what is missing, and run it again")


def _record(
    conn: Connection, use: Use, kind: Literal["add", "end"], reason: str, actor: str, now: int
) -> None:
    number = conn.execute(select(func.max(use_events.c.number)).where(use_events.c.use_id == use.id)).scalar()
    document = text_of(use)
    row: dict[str, str | int] = {
        "use_id": use.id, "number": (number or 0) + 1, "time": now, "actor": one_line(actor), "kind": kind,
        "reason": lines(reason), "document": document,
    }  # fmt: skip
    conn.execute(use_events.insert().values(row))
    details: audit.Details = {
        **mark(row),
        "entry_sha256": text_sha(document),
        "valid_until": use.valid_until,
        "category": use.category,
    }
    audit.append(conn, act=f"register-{kind}", subject=use.id, actor=actor, now=now, details=details)


def _registered(row: Row[tuple[object, ...]]) -> Registered:
    return Registered(
        use=of_text(Use, row.document), state=row.state, added=row.added, added_by=row.added_by,
        ended=row.ended, ended_by=row.ended_by,
    )  # fmt: skip
