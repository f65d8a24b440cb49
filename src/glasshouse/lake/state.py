"""What detection keeps between runs: who is whom in which season, who asked what first, who only relays."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SEASON = 30 * 86_400_000_000  # microseconds; addresses are joined with hosts for a season, then anew
_TABLES = ("actors", "firsts", "relays", "relayed", "usage")


class Dirty(NamedTuple):
    """A span of time in which the alerts of an actor must be judged again."""

    actor: str
    low: int
    high: int


def season_of(time: int) -> int:
    """The season a time in microseconds lies in."""
    return time // SEASON


def bounds(season: int) -> tuple[int, int]:
    """First and last microsecond of a season."""
    return season * SEASON, (season + 1) * SEASON - 1


def forget(db: sqlite3.Connection) -> None:
    """Begin anew."""
    for table in _TABLES:
        db.execute(f"DELETE FROM {table}")  # noqa: S608 -- one of four of ours
    db.execute("DELETE FROM meta WHERE name IN ('judged', 'begin')")


def seen(db: sqlite3.Connection, season: int, node: str, first: int, last: int, lookups: int) -> None:
    """A node made so many more lookups between two times."""
    db.execute(
        "INSERT INTO actors VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (season, node) DO UPDATE SET "
        "first = min(coalesce(first, excluded.first), excluded.first), "
        "last = max(coalesce(last, excluded.last), excluded.last), lookups = lookups + excluded.lookups",
        (season, node, node[2:], node, first, last, lookups),
    )


def join(db: sqlite3.Connection, season: int, one: str, other: str) -> Iterator[Dirty]:
    """Two nodes are one actor in this season; what of that must be judged again."""
    roots = []
    for node in (one, other):
        db.execute(
            "INSERT OR IGNORE INTO actors (season, node, key, root) VALUES (?, ?, ?, ?)",
            (season, node, node[2:], node),
        )
        query = "SELECT root FROM actors WHERE season = ? AND node = ?"
        roots.append(db.execute(query, (season, node)).fetchone()[0])
    if roots[0] == roots[1]:
        return
    root, lost = min(roots), max(roots)
    span = db.execute(
        "SELECT min(first), max(last) FROM actors WHERE season = ? AND root = ? AND lookups > 0",
        (season, lost),
    ).fetchone()
    db.execute(
        "UPDATE actors SET root = ?, key = ? WHERE season = ? AND root = ?", (root, root[2:], season, lost)
    )
    if span[0] is not None:
        yield Dirty(root[2:], *span)
        yield Dirty(lost[2:], *span)
    for (time,) in _firsts_of(db, season, root):
        yield Dirty(root[2:], time, time)


def _firsts_of(db: sqlite3.Connection, season: int, root: str) -> list[tuple[int]]:
    low, high = bounds(season)
    return db.execute(
        "SELECT DISTINCT f.time FROM actors a JOIN firsts f ON f.node = a.node "
        "WHERE a.season = ? AND a.root = ? AND f.time BETWEEN ? AND ?",
        (season, root, low, high),
    ).fetchall()


def first(db: sqlite3.Connection, node: str, database: str, time: int) -> Iterator[Dirty]:
    """A node asked a database at a time; the later lookups of its actor that were called first until now."""
    had = db.execute("SELECT time FROM firsts WHERE node = ? AND database = ?", (node, database)).fetchone()
    if had and had[0] <= time:
        return
    later = db.execute(
        "SELECT DISTINCT f.node, f.time FROM actors a JOIN actors b "
        "ON b.season = a.season AND b.root = a.root JOIN firsts f ON f.node = b.node "
        "WHERE a.node = ? AND f.database = ? AND f.time > ?",
        (node, database, time),
    ).fetchall()
    db.execute("INSERT OR REPLACE INTO firsts VALUES (?, ?, ?)", (node, database, time))
    for other, when in later:
        yield from _at(db, other, when)


def _at(db: sqlite3.Connection, node: str, time: int) -> Iterator[Dirty]:
    yield Dirty(key_of(db, node, time), time, time)


def begun(db: sqlite3.Connection, before: int, now: int, known_before: int) -> Iterator[Dirty]:
    """The facts reach back further: lookups that may be called first only now."""
    rows = db.execute(
        "SELECT node, time FROM firsts WHERE time >= ? AND time < ?",
        (now + known_before, before + known_before),
    ).fetchall()
    for node, time in rows:
        yield from _at(db, node, time)


def key_of(db: sqlite3.Connection, node: str, time: int) -> str:
    """The actor a node stands for at a time."""
    query = "SELECT key FROM actors WHERE season = ? AND node = ?"
    row = db.execute(query, (season_of(time), node)).fetchone()
    return str(row[0]) if row else node[2:]


def nodes_of(db: sqlite3.Connection, actor: str, low: int, high: int) -> list[tuple[str, int, int]]:
    """The nodes of an actor between two times, each with the part of that time in which it is one."""
    rows = db.execute(
        "SELECT season, node FROM actors WHERE key = ? AND season BETWEEN ? AND ? AND lookups > 0",
        (actor, season_of(low), season_of(high)),
    ).fetchall()
    out: list[tuple[str, int, int]] = []
    for season, node in rows:
        begin, end = bounds(season)
        out.append((node, max(low, begin), min(high, end)))
    return out


def firsts_of(db: sqlite3.Connection, actor: str, low: int, high: int) -> dict[tuple[int, str], int]:
    """When whoever the actor is in each season between two times first asked each database."""
    rows = db.execute(
        "SELECT a.season, f.database, min(f.time) FROM actors a JOIN firsts f ON f.node = a.node "
        "WHERE a.key = ? AND a.season BETWEEN ? AND ? GROUP BY a.season, f.database",
        (actor, season_of(low), season_of(high)),
    )
    return {(season, database): time for season, database, time in rows}


def asked(db: sqlite3.Connection, ip: str, times: int) -> None:
    """A machine asked so many more times, other than through a proxy."""
    db.execute(
        "INSERT INTO relays (ip, asked, explained) VALUES (?, ?, 0) "
        "ON CONFLICT (ip) DO UPDATE SET asked = asked + excluded.asked",
        (ip, times),
    )


def explained(db: sqlite3.Connection, uid: str, ip: str, node: str, time: int) -> bool:
    """One lookup of a machine was made for a client of a proxy; False when that was known."""
    done = db.execute(
        "INSERT OR IGNORE INTO relayed VALUES (?, ?, ?, ?)", (bytes.fromhex(uid), ip, node, time)
    ).rowcount
    if done:
        asked(db, ip, 0)
        db.execute("UPDATE relays SET explained = explained + 1 WHERE ip = ?", (ip,))
    return bool(done)


def relays(db: sqlite3.Connection, ips: Iterable[str]) -> list[tuple[str, int, int, int]]:
    """Of some machines: address, how often they asked, how often that is explained, folded or not."""
    query = "SELECT ip, asked, explained, folded FROM relays WHERE ip = ?"
    return [row for ip in sorted(ips) if (row := db.execute(query, (ip,)).fetchone())]


def fold(db: sqlite3.Connection, ip: str, folded: bool) -> Iterator[Dirty]:
    """A machine is taken for a proxy from now on, or no longer."""
    db.execute("UPDATE relays SET folded = ? WHERE ip = ?", (folded, ip))
    for node, time in db.execute("SELECT node, time FROM relayed WHERE ip = ?", (ip,)).fetchall():
        yield from _at(db, node, time)


def folded(db: sqlite3.Connection, low: int, high: int) -> set[str]:
    """The identities of lookups between two times that a proxy only made for its clients."""
    rows = db.execute(
        "SELECT m.uid FROM relays r JOIN relayed m ON m.ip = r.ip WHERE r.folded AND m.time BETWEEN ? AND ?",
        (low, high),
    )
    return {uid.hex() for (uid,) in rows}
