"""A query in, the lookups of the lake that answer it out, each as complete as later records made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from glasshouse.errors import ReadError
from glasshouse.lake import parquet
from glasshouse.lake.columns import Stored, from_text
from glasshouse.lake.parquet import Place, Query
from glasshouse.lake.store import Lake, told
from glasshouse.records import SourceCount

TRIES = 3
AHEAD, BEFORE = 2**62, -(2**62)
Found = TypeVar("Found")


def load(lake: Lake, query: Query | None = None) -> list[Stored]:
    """The lookups that answer a query, in order of time; compaction going on elsewhere does not disturb."""
    wanted = query or Query()
    return _patiently(lake, lambda: _loaded(lake, wanted))


def places(lake: Lake, query: Query) -> list[Place]:
    """Of the lookups that answer a query only who made them and when, in any order."""
    return _patiently(lake, lambda: _placed(lake, query))


def _patiently(lake: Lake, read: Callable[[], list[Found]]) -> list[Found]:
    for number in range(TRIES):
        try:
            with told(lake.home):
                return read()
        except ReadError:
            if number == TRIES - 1:  # a file that went away was compacted; the manifest knows its successor
                raise
    raise ReadError("the files keep changing", str(lake.home), "run again")


def _loaded(lake: Lake, query: Query) -> list[Stored]:
    later = {stored.uid: stored for stored in completed(lake, query)}
    out = hidden(lake, query)
    found = [stored for stored in parquet.read(files(lake, query), query) if stored.uid not in out]
    if not later:
        return found
    found += later.values()
    return sorted(found, key=lambda stored: (stored.lookup.time, stored.uid))


def _placed(lake: Lake, query: Query) -> list[Place]:
    later = [_place(stored) for stored in completed(lake, query)]
    out = hidden(lake, query)
    return later + [place for place in parquet.places(files(lake, query), query) if place.uid not in out]


def _place(stored: Stored) -> Place:
    x = stored.lookup
    return Place(stored.uid, stored.node, x.time, x.key_fingerprint, x.actor.user, x.actor.host, x.actor.ip)


def files(lake: Lake, query: Query | None = None) -> list[Path]:
    """The files that may hold answers to a query, by the manifest."""
    wanted = query or Query()
    low, high = bounds(wanted)
    rows = lake.db.execute(
        "SELECT path FROM files WHERE last >= ? AND first <= ? AND last_batch > ? ORDER BY path",
        (low, high, wanted.after if wanted.after is not None else -1),
    )
    return [lake.home / path for (path,) in rows]


def bounds(query: Query) -> tuple[int, int]:
    """The first and last microsecond a query can reach."""
    low = query.since if query.since is not None else BEFORE
    high = query.until - 1 if query.until is not None else AHEAD
    for reaches in (query.nodes, query.keys):
        if reaches is not None:
            low = max(low, min((reach[1] for reach in reaches), default=AHEAD))
            high = min(high, max((reach[2] for reach in reaches), default=BEFORE))
    return low, high


def hidden(lake: Lake, query: Query) -> set[str]:
    """The identities of lookups in files that later records completed."""
    low, high = bounds(query)
    rows = lake.db.execute("SELECT uid FROM linked WHERE changed AND time BETWEEN ? AND ?", (low, high))
    return {uid.hex() for (uid,) in rows}


def completed(lake: Lake, query: Query) -> Iterator[Stored]:
    """The lookups that answer a query and that later records completed."""
    low, high = bounds(query)
    rows = lake.db.execute(
        "SELECT batch, node, lookup FROM linked WHERE changed AND time BETWEEN ? AND ?", (low, high)
    )
    for batch, node, text in rows.fetchall():
        stored = from_text(text)._replace(batch=batch, node=node)
        if matches(query, stored):
            yield stored


def matches(query: Query, stored: Stored) -> bool:
    """Whether one lookup answers a query."""
    x = stored.lookup
    low, high = bounds(query)
    said = {part.lower() for part in (x.actor.user, x.actor.host, x.actor.ip) if part}
    return (
        low <= x.time <= high
        and (query.databases is None or x.database in query.databases)
        and (query.names is None or x.name in query.names)
        and (query.proxied is None or x.proxied == query.proxied)
        and (query.after is None or stored.batch > query.after)
        and (query.actors is None or not said.isdisjoint(actor.lower() for actor in query.actors))
        and _reached(query, stored)
    )


def _reached(query: Query, stored: Stored) -> bool:
    for reaches, name in ((query.nodes, stored.node), (query.keys, stored.lookup.key_fingerprint)):
        if reaches is not None and not any(
            one == name and low <= stored.lookup.time <= high for one, low, high in reaches
        ):
            return False
    return True


def pending(lake: Lake, source: str, days: int, most: int) -> list[Stored]:
    """The newest lookups of a format that later records may still complete."""
    newest = lake.db.execute("SELECT max(day) FROM linked WHERE source = ?", (source,)).fetchone()[0]
    if newest is None:
        return []
    rows = lake.db.execute(
        "SELECT batch, node, lookup FROM linked WHERE source = ? AND day >= ? ORDER BY time DESC LIMIT ?",
        (source, newest - days, most),
    )
    return [from_text(text)._replace(batch=batch, node=node) for batch, node, text in rows]


def counts(lake: Lake) -> dict[str, SourceCount]:
    """What was ever read, by log format."""
    rows = lake.db.execute(
        "SELECT source, bytes, records, candidates, parsed, quarantined, lookups, kinds FROM counts"
    )
    return {
        name: SourceCount(a, b, c, d, e, f, set(filter(None, kinds.split(","))))
        for name, a, b, c, d, e, f, kinds in rows
    }


def extent(lake: Lake) -> tuple[int, int | None, int | None]:
    """How many lookups there are, and the first and last time."""
    found = lake.db.execute("SELECT coalesce(sum(lookups), 0), min(first), max(last) FROM files").fetchone()
    return found[0], found[1], found[2]


def inputs(lake: Lake) -> int:
    """How many logs were read."""
    return int(lake.db.execute("SELECT count(*) FROM inputs").fetchone()[0])


def new_days(lake: Lake, after: int) -> list[tuple[int, int, int]]:
    """Where facts of later batches lie: first and last time of some files, and how many lookups they hold."""
    rows = lake.db.execute(
        "SELECT min(first), max(last), sum(lookups) FROM files WHERE last_batch > ? GROUP BY day "
        "UNION ALL SELECT min(time), max(time), count(*) FROM linked "
        "WHERE changed AND batch > ? GROUP BY day",
        (after, after),
    )
    return sorted((first, last, lookups) for first, last, lookups in rows)


def before_completion(lake: Lake, after: int) -> dict[str, tuple[int, str]]:
    """Of lookups completed by later batches: the batch that brought them, and where they stood before."""
    rows = lake.db.execute(
        "SELECT uid, first_batch, first_node FROM linked WHERE changed AND batch > ?", (after,)
    )
    return {uid.hex(): (batch, node) for uid, batch, node in rows}


def last_batch(lake: Lake) -> int:
    """The newest batch that is in the lake."""
    found = lake.db.execute("SELECT max(id) FROM batches WHERE state = 'done'").fetchone()[0]
    return int(found or 0)
