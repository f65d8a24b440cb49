"""Cases of a time in; counts, how long triage took, and how often each rule was wrong out."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from glasshouse.office.audit import US
from glasshouse.office.cases import STATES
from glasshouse.office.documents import of_text
from glasshouse.office.reasons import CLASSIFICATIONS
from glasshouse.office.tables import alerts, case_alerts, case_events, cases
from glasshouse.records import Alert
from glasshouse.verdicts import DECISIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleQuality:
    """How the closed cases of one rule ended; alerts, not cases, are counted."""

    rule: str
    alerts: int
    true_positive: int
    benign_positive: int
    false_positive: int
    undetermined: int

    @property
    def false_positive_ratio(self) -> float:
        """False positives among those that could be determined; 0 when none could."""
        known = self.alerts - self.undetermined
        return self.false_positive / known if known else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Numbers over the cases opened in a time. Medians are microseconds, None when there is nothing yet.

    Triage ends with the first act of a person; closing is the last time a case was closed.
    """

    cases: int
    by_state: dict[str, int]
    by_classification: dict[str, int]
    by_reason: dict[str, int]
    by_decision: dict[str, int]  # alerts, whatever their time
    median_to_triage: int | None
    median_to_close: int | None
    untouched: int  # open, and nobody did anything yet
    reopened: int
    rules: tuple[RuleQuality, ...]


def metrics(conn: Connection, since: int | None = None, until: int | None = None) -> Metrics:
    """The numbers of the cases opened from ``since`` to ``until`` (exclusive), of all when none is said."""
    span = (cases.c.opened >= (since or -(2**62))) & (cases.c.opened < (until or 2**62))
    rows = conn.execute(select(cases).where(span)).all()
    firsts = conn.execute(
        select(case_events.c.case_number, func.min(case_events.c.time))
        .where(case_events.c.actor != US)
        .group_by(case_events.c.case_number)
    )
    touched = dict(tuple(row) for row in firsts)
    again = set(
        conn.execute(select(case_events.c.case_number).where(case_events.c.kind == "reopen")).scalars()
    )
    effective = func.coalesce(alerts.c.override, alerts.c.decision)
    decided = conn.execute(
        select(effective, func.count()).where(alerts.c.successor.is_(None)).group_by(effective)
    )
    closed = [row for row in rows if row.state == "closed"]
    return Metrics(
        cases=len(rows),
        by_state=_counted(STATES, (row.state for row in rows)),
        by_classification=_counted(CLASSIFICATIONS, (row.classification for row in closed)),
        by_reason=dict(sorted(Counter(row.reason_code for row in closed).items())),
        by_decision={**dict.fromkeys(DECISIONS, 0), **dict(tuple(row) for row in decided)},
        median_to_triage=_median(touched[row.number] - row.opened for row in rows if row.number in touched),
        median_to_close=_median(row.closed - row.opened for row in closed),
        untouched=sum(row.state != "closed" and row.number not in touched for row in rows),
        reopened=sum(row.number in again for row in rows),
        rules=_rules(conn, {row.number: row.classification for row in closed}),
    )


def _counted(names: Iterable[str], values: Iterable[str]) -> dict[str, int]:
    found = Counter(values)
    return {name: found[name] for name in names}


def _median(values: Iterable[int]) -> int | None:
    found = [max(0, value) for value in values]
    return int(statistics.median(found)) if found else None


def _rules(conn: Connection, closed: dict[int, str]) -> tuple[RuleQuality, ...]:
    ends: dict[str, Counter[str]] = defaultdict(Counter)
    rows = conn.execute(
        select(case_alerts.c.case_number, alerts.c.alert)
        .join(alerts, alerts.c.id == case_alerts.c.alert)
        .where(case_alerts.c.present == 1, alerts.c.successor.is_(None))
    )
    for row in rows:
        if row.case_number in closed:
            for rule in of_text(Alert, row.alert).rules:
                ends[rule][closed[row.case_number]] += 1
    return tuple(
        RuleQuality(
            rule=rule, alerts=found.total(), true_positive=found["true-positive"],
            benign_positive=found["benign-positive"], false_positive=found["false-positive"],
            undetermined=found["undetermined"],
        )
        for rule, found in sorted(ends.items())
    )  # fmt: skip
