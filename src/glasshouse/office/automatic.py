"""What triage made of an alert in, its case out: opened, told of new evidence, or left alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, select, update

from glasshouse.office import audit
from glasshouse.office.case_work import reopen
from glasshouse.office.cases import Case, get_case, name_of, open_case, put_alert, record
from glasshouse.office.tables import alerts, case_alerts
from glasshouse.office.triaged import Kept, Outcome, find, gained, history, keep, override
from glasshouse.verdicts import DECISIONS, DecisionName, Triaged

OPENS: frozenset[DecisionName] = frozenset({"l1-review", "escalate-t2", "contain"})
REOPEN_DAYS = 30  # a case closed for longer stays closed: a new one continues it
DAY = 86_400_000_000
OWED = -1  # instead of how often an alert grew: its closed case was not opened for the last time it did
SIGNS = frozenset({("intel", "hit"), ("account_state", "disabled"), ("credential", "shared")})
_TOLD = select(case_alerts.c.grown).where(
    case_alerts.c.case_number == bindparam("case"), case_alerts.c.alert == bindparam("about")
)
_BEFORE = select(alerts.c.id).where(alerts.c.successor == bindparam("new")).order_by(alerts.c.id)
Did = Literal["nothing", "opened", "new-evidence", "reopened", "followed", "judged"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one alert, and its case if it has one."""

    outcome: Outcome
    case: Case | None
    did: Did


def settle(
    conn: Connection,
    triaged: Triaged,
    now: int,
    opens: Collection[DecisionName] = OPENS,
    reopen_days: int = REOPEN_DAYS,
) -> Settled:
    """Keep an alert and see to its case; may be repeated at will.

    * No case yet: one is opened if the decision is among ``opens``.
    * The same evidence: nothing, whatever is detected again; a new decision is told in the case.
    * A sign of compromise that was not known before (threat intelligence, a disabled account, a shared
      key) is evidence, too: a closed case is opened again or continued, as with new lookups.
    * New lookups: told in the case. If it is closed and the decision is among ``opens``, it is opened
      again, or after ``reopen_days`` continued by a new one. If it is not (a register entry covered them),
      that is made up for when the decision becomes one of ``opens`` and nobody closed the case since.
    * The alert took the place of others: it takes their case, the oldest that is not closed.
    """
    outcome = keep(conn, triaged, now)
    kept, grew = _handed_over(conn, outcome.kept, now)
    if kept.case is None:
        if kept.decision not in opens:
            return Settled(outcome, None, "nothing")
        case = open_case(conn, [kept.id], audit.US, now, why=triaged.decision.says)
        return Settled(outcome, case, "opened")
    case = get_case(conn, kept.case)
    told = _told(conn, case.number, kept.id)
    owed = told == OWED  # lookups came when nobody had to look: told then, to be looked at now
    more = outcome.gained and outcome.state != "new"
    if grew or (owed and (more or kept.decision in opens)) or (kept.grown > told and not owed):
        says = f"{kept.id} gained lookups; decision: {DECISIONS[kept.decision]}"
        return _new_evidence(conn, outcome, kept, case, says, now, opens, reopen_days)
    if case.state == "closed" and (sign := _new_sign(conn, outcome, kept)):
        says = f"{kept.id}: {sign}; decision: {DECISIONS[kept.decision]}"
        return _new_evidence(conn, outcome, kept, case, says, now, opens, reopen_days)
    if outcome.audit_seq is None or outcome.state == "new":
        return Settled(outcome, case, "nothing")
    says = f"{kept.id} is judged anew: {DECISIONS[kept.judged_as]} ({kept.decision_row})"
    record(conn, case.number, "decide", says, audit.US, now, seq=outcome.audit_seq)
    return Settled(outcome, get_case(conn, case.number), "judged")


def _told(conn: Connection, number: int, alert: str) -> int:
    return int(conn.execute(_TOLD, {"case": number, "about": alert}).scalar_one())


def _new_sign(conn: Connection, outcome: Outcome, kept: Kept) -> str:
    """What we know now and did not before, if it is a sign of compromise and somebody must look."""
    if outcome.state != "changed" or kept.decision not in ("escalate-t2", "contain"):
        return ""
    lines = history(conn, kept.id)
    found = [f"{one.what} is now {one.after}" for one in lines[-1].changes if (one.what, one.after) in SIGNS]
    return ", ".join(found)


def _new_evidence(
    conn: Connection,
    outcome: Outcome,
    kept: Kept,
    case: Case,
    says: str,
    now: int,
    opens: Collection[DecisionName],
    reopen_days: int,
) -> Settled:
    details: audit.Details = {"alert": kept.id, "evidence": kept.evidence, "decision": kept.decision}
    record(conn, case.number, "new-evidence", says, audit.US, now, details=details)
    did: Did = "new-evidence"
    if case.state == "closed" and kept.decision in opens:
        if now - (case.closed or 0) > reopen_days * DAY:
            case = open_case(conn, [kept.id], audit.US, now, follows=case.number, why=says)
            return Settled(outcome, case, "followed")
        reopen(conn, case.number, says, audit.US, now)
        did = "reopened"
    put_alert(conn, case.number, kept, now)
    if case.state == "closed" and did == "new-evidence":
        here = (case_alerts.c.case_number == case.number) & (case_alerts.c.alert == kept.id)
        conn.execute(update(case_alerts).where(here).values(grown=OWED))
    return Settled(outcome, get_case(conn, case.number), did)


def _handed_over(conn: Connection, kept: Kept, now: int) -> tuple[Kept, bool]:
    """The alert in the case of those it took the place of, and whether it holds more than they did."""
    rows = conn.execute(_BEFORE, {"new": kept.id}).all()
    before = [old for row in rows if (old := find(conn, row.id))]
    others = [old for old in before if old.case is not None and old.case != kept.case]
    fresh = kept.case is None
    if not before or not (fresh or others):
        return kept, False
    if kept.case is None:
        owed = any(_told(conn, old.case, old.id) == OWED for old in before if old.case is not None)
        grew = owed or gained([old.alert for old in before], kept.alert)
    else:
        grew = kept.grown > _told(conn, kept.case, kept.id)
    if fresh and not grew and not kept.override:
        _keep_override(conn, kept, before, now)
    if others:
        _into_one_case(conn, kept, others, now)
    return find(conn, kept.id) or kept, grew


def _into_one_case(conn: Connection, kept: Kept, others: Sequence[Kept], now: int) -> None:
    """The oldest case that is not closed takes the alert; the others are told where it is."""
    found = sorted({old.case for old in (kept, *others) if old.case is not None})
    case = next((one for one in found if get_case(conn, one).state != "closed"), kept.case or found[-1])
    for number in found:
        _tell(conn, number, case, kept, [old.id for old in others if old.case == number], now)
    if case != kept.case:
        put_alert(conn, case, kept, now)
    for old in others:
        if old.case != case:
            moved = (case_alerts.c.alert == old.id) & (case_alerts.c.case_number == old.case)
            conn.execute(update(case_alerts).where(moved).values(present=0))


def _keep_override(conn: Connection, kept: Kept, before: Sequence[Kept], now: int) -> None:
    """The decision a person put in place for an alert holds for the one that took its place."""
    for old in sorted(before, key=lambda one: one.changed, reverse=True):
        if old.override:
            why = f"as was decided about {old.id}, whose place it took"
            override(conn, kept.id, old.override, why, audit.US, now)
            return


def _tell(conn: Connection, number: int, case: int, kept: Kept, ids: Sequence[str], now: int) -> None:
    says = f"{kept.id} took the place of {', '.join(ids)}" if ids else kept.id
    if not ids and number == case:
        return
    says += "" if number == case else f" and is in {name_of(case)}"
    details: audit.Details = {"alert": kept.id, "before": ids, "case": name_of(case)}
    record(conn, number, "hand-over", says, audit.US, now, details=details)
