"""Observations, verdicts and reviews in; out, the register of what is public: its owner, who approved it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from glasshouse.findings import Judged
from glasshouse.known import Asset
from glasshouse.observed import Certificate, DnsRecord, Fact, Observation, Registration, Service
from glasshouse.report.exposed_cells import Cell, joined
from glasshouse.report.exposed_cells import sheet as cells
from glasshouse.report.exposed_facts import fact_words, iso, seconds
from glasshouse.report.exposed_json import jsonable, written

FORMAT = "glasshouse-register"
VERSION = 1
UNAPPROVED = "UNAPPROVED"
EXPECTED = "expected"
NO_CHANGE = "no change of it was ever seen: it was there before the first comparison"
COLUMNS = (
    *(
        "kind",
        "thing",
        "says",
        "owner",
        "asset",
        "approval",
        "approved_by",
        "note",
        "first_seen",
        "last_seen",
    ),
    *("last_review", "reviewer", "databases", "sha256"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that is public. ``approval`` is the id of a change record, ``expected`` or ``UNAPPROVED``."""

    kind: str  # domain, network, asn, entity, certificate, record or service
    thing: str
    says: str
    owner: str | None
    asset: str | None
    approval: str
    approved_by: str | None
    note: str
    first_seen: int
    last_seen: int
    last_review: int | None
    reviewer: str | None
    databases: tuple[str, ...]
    sha256: str  # of the reply that showed it last


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Somebody looked at a thing and stands for it."""

    time: int
    reviewer: str


def entries(
    seen: Iterable[Observation[Fact]],
    judged: Iterable[Judged],
    owned: Callable[[str], Asset | None],
    reviews: Mapping[str, Review],
    firsts: Mapping[str, int] | None = None,
) -> list[Entry]:
    """One entry a thing, by kind and name, whatever number of databases and surveys show it.

    ``judged`` are changes of all times, oldest first: the last one about a thing counts, unless it says that
    the thing is gone. ``reviews`` are by thing, and so is when it was first shown to us (``firsts``).
    """
    verdicts = {one.shift.key: one for one in judged if one.shift.kind != "gone"}
    found: dict[tuple[str, str], Entry] = {}
    for one in seen:
        if (kind := _kind(one.fact)) and one.subject.type != "reference":
            key = (kind, one.fact.key)
            made = _entry(one, kind, verdicts.get(one.fact.key), owned, reviews.get(one.fact.key))
            first = min(made.first_seen, (firsts or {}).get(one.fact.key, made.first_seen), made.last_seen)
            made = replace(made, first_seen=first)
            found[key] = made if key not in found else _joined(found[key], made)
    return [found[key] for key in sorted(found)]


def _kind(fact: Fact) -> str:
    if isinstance(fact, Registration):
        return fact.object
    names = {Certificate: "certificate", DnsRecord: "record", Service: "service"}
    return names.get(type(fact), "")


def _entry(
    one: Observation[Fact],
    kind: str,
    verdict: Judged | None,
    owned: Callable[[str], Asset | None],
    review: Review | None,
) -> Entry:
    asset = next((found for value in _names(one) if (found := owned(value))), None)
    approval, by, note = _approval(verdict)
    first, last = _span(one)
    return Entry(
        kind=kind, thing=one.fact.key, says=fact_words(one.fact), owner=asset.owner if asset else None,
        asset=asset.value if asset else None, approval=approval, approved_by=by, note=note, first_seen=first,
        last_seen=last, last_review=review.time if review else None,
        reviewer=review.reviewer if review else None, databases=(one.database,), sha256=one.raw_sha256,
    )  # fmt: skip


def _approval(verdict: Judged | None) -> tuple[str, str | None, str]:
    if verdict is None:
        return UNAPPROVED, None, NO_CHANGE
    why = "; ".join(verdict.signs or verdict.reasons)
    if verdict.verdict == "approved" and verdict.change is not None:
        return verdict.change.id, verdict.change.approved_by, why
    return (EXPECTED, None, why) if verdict.verdict == "expected" else (UNAPPROVED, None, why)


def _names(one: Observation[Fact]) -> list[str]:
    """The names by which it may be ours; what was asked about comes last."""
    fact = one.fact
    if isinstance(fact, Certificate):
        return [*fact.names, one.subject.value]
    if isinstance(fact, Service):
        return [fact.ip, *fact.hostnames, one.subject.value]
    return [fact.name, one.subject.value] if isinstance(fact, (DnsRecord, Registration)) else []


def _span(one: Observation[Fact]) -> tuple[int, int]:
    """When it was first and last seen: as the database says, or when it was asked."""
    fact = one.fact
    first: int | None = None
    last: int | None = None
    if isinstance(fact, (DnsRecord, Service)):
        first, last = fact.first_seen, fact.last_seen
    elif isinstance(fact, Certificate):
        first = fact.logged or fact.not_before
    return one.time if first is None else first, one.time if last is None else last


def _joined(a: Entry, b: Entry) -> Entry:
    """The same thing shown twice: the later words, the whole span, all databases."""
    newer, older = (b, a) if b.last_seen >= a.last_seen else (a, b)
    return replace(
        newer,
        owner=newer.owner or older.owner,
        asset=newer.asset or older.asset,
        first_seen=min(a.first_seen, b.first_seen),
        databases=tuple(sorted({*a.databases, *b.databases})),
    )


def as_lines(register: Iterable[Entry], at: int, organisation: str = "") -> str:
    """JSON lines to be signed: a head that dates and counts them, then one entry a line."""
    rows = list(register)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "at": iso(at),
        "organisation": organisation,
        "entries": len(rows),
        "unapproved": sum(one.approval == UNAPPROVED for one in rows),
        "never_reviewed": sum(one.last_review is None for one in rows),
    }
    made = [{**_fields(one), **_times(one)} for one in rows]
    return "".join(f"{written(jsonable(one))}\n" for one in (head, *made))


def as_csv(register: Iterable[Entry]) -> str:
    """A head and one row an entry."""
    return cells(COLUMNS, map(_row, register))


def _fields(one: Entry) -> dict[str, object]:
    return {name: getattr(one, name) for name in COLUMNS}


def _times(one: Entry) -> dict[str, object]:
    return {name: iso(getattr(one, name)) for name in ("first_seen", "last_seen", "last_review")}


def _row(one: Entry) -> tuple[Cell, ...]:
    return (
        *(one.kind, one.thing, one.says, one.owner, one.asset, one.approval, one.approved_by, one.note),
        *(seconds(one.first_seen), seconds(one.last_seen), seconds(one.last_review), one.reviewer),
        *(joined(one.databases), one.sha256),
    )
