"""The alerts that were triaged in, as the database holds them; out one by its prefix, or those of a kind."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, and_, bindparam, func, select

from glasshouse.errors import UsageError
from glasshouse.office.documents import all_of_text, of_text, records
from glasshouse.office.tables import alerts, case_alerts
from glasshouse.records import LEVELS, Alert, Level
from glasshouse.verdicts import Answer, Decision, DecisionName, Episode, Triaged, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One alert as the office holds it. The documents are read when asked for."""

    id: str
    first: int
    last: int
    actor: str  # key of the actor
    level: Level
    score: int
    judged_as: DecisionName  # by the decision table
    decision_row: str
    override: DecisionName | None  # by a person
    knowledge: str
    evidence: str  # fingerprint
    grown: int  # how often it came with lookups it had not before
    judged: int  # first time
    changed: int  # last time
    successor: str | None
    case: int | None
    alert_text: str
    episode_text: str
    verdict_text: str
    answers_text: str
    decided_text: str

    @property
    def decision(self) -> DecisionName:
        """The decision that holds: the person's, else the table's."""
        return self.override or self.judged_as

    @property
    def alert(self) -> Alert:
        """The alert itself."""
        return of_text(Alert, self.alert_text)

    @property
    def summary(self) -> str:
        """The alert in a sentence."""
        return str(orjson.loads(self.alert_text)["summary"])

    def answers_left(self, kinds: Collection[str]) -> tuple[Answer, ...]:
        """The answers of these kinds that leave something to do; the others are not read."""
        found = orjson.loads(self.answers_text)
        return records(Answer, [x for x in found if x["kind"] in kinds and x["value"] == "to-do"])

    @property
    def triaged(self) -> Triaged:
        """All that triage made, as it was given."""
        alert, episode = self.alert, of_text(Episode, self.episode_text)
        return Triaged(
            alert=alert,
            episode=episode if episode.alert.id else replace(episode, alert=alert),
            verdict=of_text(Verdict, self.verdict_text),
            answers=all_of_text(Answer, self.answers_text),
            decision=of_text(Decision, self.decided_text),
            knowledge=self.knowledge,
        )


def evidence_of(alert: Alert) -> str:
    """A fingerprint of what an alert rests on; a new score or sentence does not change it."""
    rests = [alert.lookups, alert.evidence_total, alert.first_seen, alert.last_seen]
    records = sorted(one.record_sha256 for one in alert.evidence)
    return hashlib.sha256(orjson.dumps([rests, records])).hexdigest()


def gained(before: Sequence[Alert], now: Alert) -> bool:
    """Whether an alert rests on a lookup that the alerts before it did not: less is nothing new."""
    total = sum(max(one.evidence_total, one.lookups) for one in before)
    if max(now.evidence_total, now.lookups) > total or now.last_seen > max(one.last_seen for one in before):
        return True
    if any(one.evidence_total > len(one.evidence) for one in before):
        return False  # only the first were kept: what is not among them need not be new
    known = {row.record_sha256 for one in before for row in one.evidence}
    return any(row.record_sha256 not in known for row in now.evidence)


def get(conn: Connection, prefix: str) -> Kept:
    """The alert whose id is or begins so; UsageError when there is none or more than one."""
    if exact := find(conn, prefix):
        return exact
    rows = conn.execute(_wanted().where(alerts.c.id.startswith(prefix, autoescape=True)).limit(6)).all()
    if len(rows) == 1 and prefix:
        return _kept(rows[0])
    if not rows or not prefix:
        raise UsageError(f"no alert {prefix!r} was triaged", "", "glasshouse triage shows what was")
    raise UsageError(
        f"{prefix} is the beginning of several alerts", "", f"say more: {', '.join(row.id for row in rows)}"
    )


def find(conn: Connection, alert: str) -> Kept | None:
    """The alert of this very id, or None."""
    row = conn.execute(_ONE, {"alert": alert}).first()
    return _kept(row) if row else None


def listed(
    conn: Connection,
    *,
    since: int | None = None,
    until: int | None = None,
    least: Level = "informational",
    decided: Sequence[DecisionName] = (),
    actor: str | None = None,
    superseded: bool = False,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
) -> tuple[Kept, ...]:
    """The alerts whose span touches a time, of a level and decision, or of ``ids``; highest score first."""
    wanted = _wanted().order_by(alerts.c.score.desc(), alerts.c.first, alerts.c.id).limit(limit)
    if since is not None:
        wanted = wanted.where(alerts.c.last >= since)
    if until is not None:
        wanted = wanted.where(alerts.c.first < until)
    if least != LEVELS[0]:
        wanted = wanted.where(alerts.c.level.in_(LEVELS[LEVELS.index(least) :]))
    if decided:
        wanted = wanted.where(func.coalesce(alerts.c.override, alerts.c.decision).in_(decided))
    if actor is not None:
        wanted = wanted.where(alerts.c.actor == actor)
    if ids is not None:
        wanted = wanted.where(alerts.c.id.in_(ids))
    if not superseded:
        wanted = wanted.where(alerts.c.successor.is_(None))
    return tuple(_kept(row) for row in conn.execute(wanted))


def decided(
    conn: Connection, since: int | None = None, until: int | None = None
) -> list[tuple[str, DecisionName, int]]:
    """Of the alerts whose span touches a time: id, the decision that holds, and score. Quick for many."""
    wanted = select(alerts.c.id, func.coalesce(alerts.c.override, alerts.c.decision), alerts.c.score).where(
        alerts.c.successor.is_(None)
    )
    if since is not None:
        wanted = wanted.where(alerts.c.last >= since)
    if until is not None:
        wanted = wanted.where(alerts.c.first < until)
    return [(row[0], row[1], row[2]) for row in conn.execute(wanted)]


def knowledge_of(conn: Connection) -> dict[str, tuple[str, str]]:
    """By alert: the fingerprints of evidence and knowledge it was judged with, to judge anew what is old."""
    rows = conn.execute(
        select(alerts.c.id, alerts.c.evidence, alerts.c.knowledge).where(alerts.c.successor.is_(None))
    )
    return {row.id: (row.evidence, row.knowledge) for row in rows}


def _wanted() -> Select[tuple[object, ...]]:
    present = and_(case_alerts.c.alert == alerts.c.id, case_alerts.c.present == 1)
    return select(alerts, case_alerts.c.case_number).select_from(alerts.outerjoin(case_alerts, present))


_ONE = _wanted().where(alerts.c.id == bindparam("alert"))
_RENAMED = {
    "decision": "judged_as", "alert": "alert_text", "episode": "episode_text", "verdict": "verdict_text",
    "answers": "answers_text", "decided": "decided_text", "case_number": "case",
}  # fmt: skip


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    return kept_of(row._mapping)


def kept_of(columns: Mapping[Any, Any]) -> Kept:
    """The alert with these values in the columns of the table, and ``case_number``."""
    return Kept(**{_RENAMED.get(name, name): value for name, value in columns.items()})


def column(kept: Kept, name: str) -> object:
    """What an alert holds in a column of the table."""
    return getattr(kept, _RENAMED.get(name, name))
