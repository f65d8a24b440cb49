"""Alerts in, kept with their status; out those of a time, level or actor."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glasshouse.errors import UsageError
from glasshouse.lake.documents import alert_of, text_of
from glasshouse.lake.store import Lake
from glasshouse.records import LEVELS, Alert

HOUR = 3_600_000_000
_KEPT = "document, state, status, successor, actor, settled"


class Kept(NamedTuple):
    """An alert as the lake holds it."""

    alert: Alert
    state: str  # current or superseded
    status: str  # open, until somebody decides
    successor: str | None
    actor: str = ""  # its key
    settled: bool = False  # what it rests on was partly forgotten: nothing changes it any more


class Row(NamedTuple):
    """An alert as it stands in the database; its document not read yet."""

    document: str
    state: str
    status: str
    successor: str | None
    actor: str
    settled: bool
    id: str
    first: int

    @property
    def kept(self) -> Kept:
        """The alert."""
        return Kept(alert_of(self.document), *self[1:6])


@dataclass(slots=True)
class Changes:
    """What one detection did to the alerts."""

    new: int = 0
    changed: int = 0
    same: int = 0
    superseded: int = 0


def spans(db: sqlite3.Connection, actor: str) -> list[tuple[int, int]]:
    """First and last time of the alerts of an actor that may still change, in order."""
    rows = db.execute(
        "SELECT first, last FROM alerts WHERE actor = ? AND state = 'current' AND NOT settled ORDER BY first",
        (actor,),
    )
    return [(first, last) for first, last in rows]


def replace(
    db: sqlite3.Connection, actor: str, low: int, high: int, alerts: Sequence[Alert], done: Changes
) -> None:
    """Make these the alerts of an actor that begin in a span of time, inside the caller's transaction."""
    settled = db.execute(
        "SELECT first, last FROM alerts WHERE actor = ? AND settled AND last >= ? AND first <= ?",
        (actor, low - HOUR, max([high, *(alert.last_seen for alert in alerts)]) + HOUR),
    ).fetchall()
    kept = [alert for alert in alerts if not _meets(alert, settled)]
    old = db.execute(
        "SELECT id FROM alerts WHERE actor = ? AND state = 'current' "
        "AND NOT settled AND first BETWEEN ? AND ?",
        (actor, low, high),
    ).fetchall()
    for alert in kept:
        _put(db, actor, alert, done)
    ids = {alert.id for alert in kept}
    for (gone,) in old:
        if gone not in ids:
            db.execute("UPDATE alerts SET state = 'superseded' WHERE id = ?", (gone,))
            done.superseded += 1


def _meets(alert: Alert, settled: Iterable[tuple[int, int]]) -> bool:
    return any(first <= alert.last_seen + HOUR and last >= alert.first_seen - HOUR for first, last in settled)


def _put(db: sqlite3.Connection, actor: str, alert: Alert, done: Changes) -> None:
    document = text_of(alert)
    had = db.execute("SELECT document, state, settled FROM alerts WHERE id = ?", (alert.id,)).fetchone()
    if had and had[2]:
        return
    if had and had[:2] == (document, "current"):
        done.same += 1
        return
    record = alert.evidence[0].record_sha256 if alert.evidence else ""
    values = (actor, alert.first_seen, alert.last_seen, alert.level, alert.score, record, document)
    if had:
        done.changed += 1
        db.execute(
            "UPDATE alerts SET state = 'current', successor = NULL, actor = ?, first = ?, last = ?, "
            "level = ?, score = ?, record = ?, document = ? WHERE id = ?",
            (*values, alert.id),
        )
    else:
        done.new += 1
        db.execute(
            "INSERT INTO alerts (id, state, actor, first, last, level, score, record, document) "
            "VALUES (?, 'current', ?, ?, ?, ?, ?, ?, ?)",
            (alert.id, *values),
        )


def follow(db: sqlite3.Connection) -> None:
    """Superseded alerts name the alert that begins with the same record, and hand it their status."""
    rows = db.execute(
        "SELECT o.id, o.status, min(n.id) FROM alerts o JOIN alerts n "
        "ON n.first = o.first AND n.record = o.record AND n.state = 'current' "
        "WHERE o.state = 'superseded' AND o.successor IS NULL AND o.record <> '' GROUP BY o.id, o.status"
    ).fetchall()
    rows += db.execute(  # it begins earlier now, or in another way: whoever overlaps it
        "SELECT o.id, o.status, min(n.id) FROM alerts o JOIN alerts n "
        "ON n.actor = o.actor AND n.first <= o.last AND n.last >= o.first AND n.state = 'current' "
        "WHERE o.state = 'superseded' AND o.successor IS NULL GROUP BY o.id, o.status "
        "HAVING sum(n.first = o.first AND n.record = o.record) = 0"
    ).fetchall()
    for old, status, new in rows:
        db.execute("UPDATE alerts SET successor = ? WHERE id = ?", (new, old))
        if status != "open":
            db.execute("UPDATE alerts SET status = ? WHERE id = ? AND status = 'open'", (status, new))


def listed(
    lake: Lake, since: int | None = None, until: int | None = None, least: int = 0, superseded: bool = False
) -> list[Kept]:
    """The alerts whose span touches a time, of a level or above, highest score first."""
    kept = [row.kept for row in rows(lake, since, until, superseded)]
    return [one for one in kept if LEVELS.index(one.alert.level) >= least]


def rows(lake: Lake, since: int | None, until: int | None, superseded: bool = False) -> list[Row]:
    """The alerts whose span touches a time, highest score first; to look through many and read few."""
    found = lake.db.execute(
        f"SELECT {_KEPT}, id, first FROM alerts WHERE (? IS NULL OR last >= ?) "  # noqa: S608 -- ours
        "AND (? IS NULL OR first < ?) AND (state = 'current' OR ?) ORDER BY score DESC, first, id",
        (since, since, until, until, superseded),
    )
    return list(map(Row._make, found))


def one(lake: Lake, name: str) -> Kept:
    """One alert by its id or the beginning of it; UsageError when there is none or several."""
    rows = lake.db.execute(
        f"SELECT {_KEPT} FROM alerts WHERE substr(id, 1, ?) = ? LIMIT 2",  # noqa: S608 -- columns of ours
        (len(name), name.replace("gh-", "GH-")),
    ).fetchall()
    if len(rows) != 1:
        what = f"more than one alert begins with {name!r}" if rows else f"no alert {name!r} here"
        raise UsageError(what, next_step="glasshouse alerts list shows them")
    return Kept(alert_of(rows[0][0]), *rows[0][1:])


def earlier(lake: Lake, actor: str, before: int, since: int) -> int:
    """How many alerts of an actor began between two times, those still standing."""
    row = lake.db.execute(
        "SELECT count(*) FROM alerts WHERE actor = ? AND state = 'current' AND first >= ? AND first < ?",
        (actor, since, before),
    ).fetchone()
    return int(row[0])
