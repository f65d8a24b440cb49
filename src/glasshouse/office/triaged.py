"""What triage made of an alert in, kept with its history; out the alerts of a decision, time or prefix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, bindparam, func, select, update

from glasshouse.errors import UsageError
from glasshouse.office import audit
from glasshouse.office.documents import all_of_text, lines, of_text, text_of
from glasshouse.office.kept import Kept as Kept
from glasshouse.office.kept import column, evidence_of, kept_of
from glasshouse.office.kept import find as find
from glasshouse.office.kept import gained as gained
from glasshouse.office.kept import get as get
from glasshouse.office.kept import knowledge_of as knowledge_of
from glasshouse.office.kept import listed as listed
from glasshouse.office.rows import mark, text_sha
from glasshouse.office.tables import alerts, decisions
from glasshouse.records import Actor, Alert
from glasshouse.verdicts import DECISIONS, DecisionName, Episode, Triaged, Verdict

_NO_ALERT = Alert(id="", first_seen=0, last_seen=0, actor=Actor())
_NEWEST = select(func.max(decisions.c.number)).where(decisions.c.alert == bindparam("kept"))
_PUT, _JUDGE = alerts.insert(), decisions.insert()


@dataclass(frozen=True, slots=True)
class Shift:
    """One thing that is another than at the judgement before."""

    what: str  # decision, row, score, evidence, override, or the field of a verdict
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One line of an alert's history; never changed. ``reason`` is said where a person decided."""

    alert: str
    number: int
    time: int
    actor: str
    decision: DecisionName
    decision_row: str
    score: int
    knowledge: str
    evidence: str
    changes: tuple[Shift, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What keeping did: the alert was new, gained lookups, or its decision is another."""

    kept: Kept
    state: Literal["new", "changed", "same"]
    gained: bool
    audit_seq: int | None  # of the entry on the decision, where it is new or another


def keep(conn: Connection, triaged: Triaged, now: int) -> Outcome:
    """Keep what triage made of an alert; what changed becomes a line of its history and of the trail.

    The same alert on the same evidence with the same decision changes nothing but what is shown.
    A decision a person put in place lapses when the alert gains lookups.
    """
    old = find(conn, triaged.alert.id)
    grew = old is None or gained([old.alert], triaged.alert)
    shifts = _shifts(old, triaged, grew)
    values = columns(triaged, old, grew, now if shifts or old is None else old.changed)
    if old is None:
        conn.execute(_PUT, values)
    elif any(value != column(old, name) for name, value in values.items()):
        conn.execute(update(alerts).where(alerts.c.id == old.id).values(values))
    else:
        return Outcome(old, "same", False, None)
    kept = kept_of({**values, "case_number": old.case if old else None})
    seq = _history(conn, kept, old, shifts, now) if shifts or old is None else None
    return Outcome(kept, "new" if old is None else "changed" if shifts else "same", grew, seq)


def override(conn: Connection, alert: str, to: DecisionName, reason: str, actor: str, now: int) -> Kept:
    """Put a person's decision in place of the table's; UsageError without a reason or for no decision."""
    old = get(conn, alert)
    if to not in DECISIONS:
        raise UsageError(f"no decision {to!r}", "", f"one of: {', '.join(DECISIONS)}")
    if not reason.strip():
        raise UsageError("an override needs its reason", old.id, 'say it: --reason "..."')
    if old.successor:
        raise UsageError("another alert took its place", old.id, f"decide about {old.successor}")
    conn.execute(update(alerts).where(alerts.c.id == old.id).values(override=to, changed=now))
    shift = Shift("override", old.decision, to)
    row = _line(conn, old, actor, to, (shift,), lines(reason), now)
    audit.append(
        conn, act="override", subject=old.id, actor=actor, now=now,
        details={"from": old.decision, "to": to, "reason_sha256": text_sha(lines(reason)), **mark(row)},
    )  # fmt: skip
    return get(conn, old.id)


def supersede(conn: Connection, old: str, new: str, now: int) -> None:
    """Say that one alert took the place of another, as the lake found; its case follows at ``settle``."""
    if old == new:
        return
    later = conn.execute(select(alerts.c.successor).where(alerts.c.id == new)).scalar() or new
    later = new if later == old else later
    conn.execute(
        update(alerts)
        .where((alerts.c.id == old) | (alerts.c.successor == old), alerts.c.id != later)
        .values(successor=later)
    )


def history(conn: Connection, alert: str) -> tuple[Judgement, ...]:
    """How an alert was judged, oldest first."""
    rows = conn.execute(select(decisions).where(decisions.c.alert == alert).order_by(decisions.c.number))
    return tuple(Judgement(**{**row._mapping, "changes": all_of_text(Shift, row.changes)}) for row in rows)


def columns(triaged: Triaged, old: Kept | None, grew: bool, changed: int) -> dict[str, str | int | None]:
    """The row of an alert."""
    alert, decision = triaged.alert, triaged.decision
    return {
        "id": alert.id, "first": alert.first_seen, "last": alert.last_seen, "actor": triaged.episode.key,
        "level": alert.level, "score": alert.score, "decision": decision.name, "decision_row": decision.row,
        "override": None if old is None or grew else old.override, "knowledge": triaged.knowledge,
        "evidence": evidence_of(alert), "grown": (old.grown if old else 0) + grew,
        "judged": old.judged if old else changed, "changed": changed, "successor": None,
        "alert": text_of(alert), "episode": text_of(_lean(triaged)), "verdict": text_of(triaged.verdict),
        "answers": text_of(triaged.answers), "decided": text_of(decision),
    }  # fmt: skip


def _lean(triaged: Triaged) -> Episode:
    """The episode without its alert, which is kept beside it."""
    return (
        replace(triaged.episode, alert=_NO_ALERT)
        if triaged.episode.alert == triaged.alert
        else triaged.episode
    )


def _shifts(old: Kept | None, triaged: Triaged, grew: bool) -> tuple[Shift, ...]:
    if old is None:
        return ()
    new, found = triaged.decision, []
    pairs = [
        ("decision", old.judged_as, new.name),
        ("row", old.decision_row, new.row),
        ("score", str(old.score), str(triaged.alert.score)),
    ]
    if grew:
        before = old.alert
        pairs.append(("evidence", f"{before.lookups} lookups", f"{triaged.alert.lookups} lookups"))
        found += [Shift("override", old.override, "")] if old.override else []
    if old.verdict_text != (text := text_of(triaged.verdict)):
        was = {one.name: one.value for one in of_text(Verdict, old.verdict_text).fields}
        now = {one.name: one.value for one in of_text(Verdict, text).fields}
        pairs += [(name, was.get(name, ""), now.get(name, "")) for name in {**was, **now}]
    return (*found, *(Shift(*pair) for pair in pairs if pair[1] != pair[2] or pair[0] == "evidence"))


def _history(
    conn: Connection, new: Kept, old: Kept | None, shifts: tuple[Shift, ...], now: int
) -> int | None:
    if any(shift.what == "override" for shift in shifts):
        lapsed: audit.Details = {"from": shifts[0].before, "to": new.decision}
        audit.append(conn, act="override-lapsed", subject=new.id, actor=audit.US, now=now, details=lapsed)
    other = old is None or (old.judged_as, old.decision_row) != (new.judged_as, new.decision_row)
    row = _line(conn, new, audit.US, new.decision, shifts, "", now)
    details = {**decided(old, new), **mark(row)} if other else mark(row)
    act = "decide" if other else "judge"
    entry = audit.append(conn, act=act, subject=new.id, actor=audit.US, now=now, details=details)
    return entry.seq if other else None


def decided(old: Kept | None, new: Kept) -> audit.Details:
    """What the trail says of a decision."""
    return {
        "from": old.judged_as if old else None, "to": new.judged_as, "row": new.decision_row,
        "score": new.score, "knowledge": new.knowledge, "evidence": new.evidence,
    }  # fmt: skip


def _line(
    conn: Connection, kept: Kept, actor: str, to: DecisionName, shifts: Sequence[Shift], why: str, now: int
) -> dict[str, str | int]:
    number = (conn.execute(_NEWEST, {"kept": kept.id}).scalar() or 0) + 1
    row = line(kept, number, actor, to, shifts, why, now)
    conn.execute(_JUDGE, row)
    return row


def line(
    kept: Kept, number: int, actor: str, to: DecisionName, shifts: Sequence[Shift], why: str, now: int
) -> dict[str, str | int]:
    """A row of an alert's history."""
    return {
        "alert": kept.id, "number": number, "time": now, "actor": actor, "decision": to,
        "decision_row": kept.decision_row, "score": kept.score, "knowledge": kept.knowledge,
        "evidence": kept.evidence, "changes": text_of(tuple(shifts)), "reason": why,
    }  # fmt: skip


def decision_named(said: str) -> DecisionName:
    """The decision of that name; UsageError for any other word."""
    if said not in DECISIONS:
        raise UsageError(f"no decision {said!r}", "", f"one of: {', '.join(DECISIONS)}")
    return said
