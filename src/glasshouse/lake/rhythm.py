"""When records of a source arrived in; out whether it is silent for longer than it usually is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from glasshouse.errors import ConfigError
from glasshouse.lake.store import Lake, told

FILE = "follow.db"
KEPT = 500  # intervals of one source
ENOUGH = 10  # intervals before a silence can be told from a rhythm
LEAST = 600.0  # seconds: nothing shorter is a silence
MISSED = 300.0  # seconds without a look after which listening begins anew
VERSION = 1
PACKED = ("gz", "zst", "bz2")
_SCHEMA = (
    """CREATE TABLE sources (
        name TEXT PRIMARY KEY, last REAL NOT NULL, since REAL NOT NULL, looked REAL NOT NULL,
        silent INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
    "CREATE TABLE intervals (source TEXT NOT NULL, ended REAL NOT NULL, seconds REAL NOT NULL)",
    "CREATE INDEX intervals_of_source ON intervals (source, ended)",
    "CREATE TABLE begun (yes INTEGER)",
    "CREATE TABLE shown (alert TEXT PRIMARY KEY, level TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE logs (
        path TEXT PRIMARY KEY, named TEXT NOT NULL, device INTEGER, inode INTEGER, size INTEGER, since REAL
        ) WITHOUT ROWID""",
    "CREATE TABLE looks (named TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID",
)


class Silence(NamedTuple):
    """One source and its rhythm at a moment. Times are seconds."""

    source: str
    quiet: float  # since something last arrived
    usual: float  # within which something usually arrives: the 99th percentile of the intervals
    median: float
    looked: float  # when somebody last listened
    silent: bool


@contextmanager
def opened(home: Path) -> Iterator[sqlite3.Connection]:
    """The file in the home folder that ``follow`` keeps between runs, made at first use."""
    with told(home):
        db = sqlite3.connect(home / FILE, timeout=60, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            _upgrade(db, home)
            yield db
        finally:
            db.close()


@contextmanager
def _writing(db: sqlite3.Connection) -> Iterator[None]:
    """All that is written inside stays, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        yield


def _upgrade(db: sqlite3.Connection, home: Path) -> None:
    with _writing(db):
        here = int(db.execute("PRAGMA user_version").fetchone()[0])
        if here == 0:
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION:d}")
    if here > VERSION:
        raise ConfigError("made by a later Glasshouse", str(home / FILE), "upgrade Glasshouse")


def listened(
    db: sqlite3.Connection, heard: Iterable[str], now: float, every: float
) -> tuple[list[Silence], list[Silence]]:
    """Take down which sources were heard just now; out come those that fell silent and those that are back.

    Each silence and each end of one is told once. An interval counts only if it was listened to throughout.
    """
    missed = max(3 * every, MISSED)
    again: list[Silence] = []
    with _writing(db):
        db.execute("UPDATE sources SET since = ? WHERE ? - looked > ? OR looked > ?", (now, now, missed, now))
        db.execute("UPDATE sources SET looked = ?", (now,))
        for name in sorted(set(heard)):
            again += _heard(db, name, now)
        silent = [one for one in rhythms(db, now, unheard=LEAST) if _is_new(db, one, now)]
        db.executemany("UPDATE sources SET silent = 1 WHERE name = ?", [(one.source,) for one in silent])
    return silent, again


def _heard(db: sqlite3.Connection, name: str, now: float) -> Iterator[Silence]:
    """Take down one arrival; what it ended, if the source had been called silent."""
    row = db.execute("SELECT last, since, silent FROM sources WHERE name = ?", (name,)).fetchone()
    if row is None:
        db.execute("INSERT INTO sources VALUES (?, ?, ?, ?, 0)", (name, now, now, now))
        return
    last, since, silent = row
    if silent:
        yield from (one for one in rhythms(db, now) if one.source == name)
    db.execute("UPDATE sources SET last = ?, silent = 0 WHERE name = ?", (now, name))
    if last >= since and now > last:
        db.execute("INSERT INTO intervals VALUES (?, ?, ?)", (name, now, now - last))
        db.execute(
            "DELETE FROM intervals WHERE source = ? AND ended < (SELECT min(ended) FROM "
            "(SELECT ended FROM intervals WHERE source = ? ORDER BY ended DESC LIMIT ?))",
            (name, name, KEPT),
        )


def _is_new(db: sqlite3.Connection, one: Silence, now: float) -> bool:
    """Whether a silence is to be told now: not told before, and listened to for long enough."""
    since = db.execute("SELECT since FROM sources WHERE name = ?", (one.source,)).fetchone()[0]
    return not one.silent and min(one.quiet, now - since) > limit(one.usual)


def rhythms(db: sqlite3.Connection, now: float, unheard: float = 0.0) -> list[Silence]:
    """The sources whose rhythm is known and that nothing came from for so many seconds."""
    rows = db.execute(
        "SELECT name, last, looked, silent FROM sources WHERE ? - last >= ? ORDER BY name", (now, unheard)
    ).fetchall()
    found = []
    for name, last, looked, silent in rows:
        kept = db.execute("SELECT seconds FROM intervals WHERE source = ? ORDER BY seconds", (name,))
        intervals = [seconds for (seconds,) in kept]
        if len(intervals) >= ENOUGH:
            usual = high(intervals)
            found.append(Silence(name, now - last, usual, median(intervals), looked, bool(silent)))
    return found


def looked(db: sqlite3.Connection) -> float | None:
    """When the last look was, at any log."""
    found = db.execute("SELECT max(time) FROM looks").fetchone()[0]
    return None if found is None else float(found)


def high(intervals: Sequence[float]) -> float:
    """The 99th percentile of intervals in order: the smallest that 99 in 100 do not exceed."""
    return intervals[max(0, -(-99 * len(intervals) // 100) - 1)]


def limit(usual: float) -> float:
    """Seconds after which a silence is out of the ordinary."""
    return max(2 * usual, LEAST)


class Was(NamedTuple):
    """One log as it was at the last look, and the path on the command line it belongs to."""

    path: str
    named: str
    device: int
    inode: int
    size: int
    since: float | None  # the look before the one it is being read after; None once it was read


def logs(db: sqlite3.Connection, named: Sequence[str]) -> tuple[list[Was], float]:
    """The logs below some paths as an earlier run saw them, and when it last looked at all of these paths."""
    found: list[Was] = []
    times: list[float] = []
    for path in named:
        found += [Was(*row) for row in db.execute("SELECT * FROM logs WHERE named = ?", (path,))]
        times += [time for (time,) in db.execute("SELECT time FROM looks WHERE named = ?", (path,))]
    return found, min(times, default=0.0) if len(times) == len(named) else 0.0


class Found(NamedTuple):
    """One look: the logs to be read after it, those that went away, those read since the look before."""

    named: Sequence[str]
    due: Sequence[Was]
    gone: Sequence[str]
    read: Sequence[str]


def keep(db: sqlite3.Connection, found: Found, now: float) -> None:
    """Remember a look, before anything is read after it."""
    with _writing(db):
        db.executemany("UPDATE logs SET since = NULL WHERE path = ?", [(path,) for path in found.read])
        db.executemany(
            "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET "
            "named = excluded.named, device = excluded.device, inode = excluded.inode, size = excluded.size, "
            "since = min(coalesce(since, excluded.since), excluded.since)",
            found.due,
        )
        db.executemany("DELETE FROM logs WHERE path = ?", [(path,) for path in found.gone])
        db.executemany("INSERT OR REPLACE INTO looks VALUES (?, ?)", [(path, now) for path in found.named])


def reached(lake: Lake, places: Iterable[tuple[str, str]]) -> dict[int, tuple[str, str, int]]:
    """How far some logs were read, each named by path and inode: path, format and offset, by their number.

    Logs whose plain form was read before they were packed tell nothing new and are left out.
    """
    found: dict[int, tuple[str, str, int]] = {}
    query = 'SELECT id, label, source, "offset" FROM inputs WHERE label = ? OR inode = ?'
    for place in places:
        for number, label, source, offset in lake.db.execute(query, place).fetchall():
            plain, dot, ending = label.rpartition(".")
            if dot and ending in PACKED and _is_known(lake, plain):
                continue
            found[number] = (label, source, offset)
    return found


def _is_known(lake: Lake, label: str) -> bool:
    return lake.db.execute("SELECT 1 FROM inputs WHERE label = ?", (label,)).fetchone() is not None
