"""New facts of the lake in; the hourly counts that baselines are made of brought up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from glasshouse.lake import facts, usage
from glasshouse.lake.columns import Stored
from glasshouse.lake.parquet import Query
from glasshouse.lake.store import Lake
from glasshouse.lake.usage import HOUR, Count
from glasshouse.watch import enrich
from glasshouse.watch.actors import node


def count(lake: Lake, rows: Sequence[Stored], before: Mapping[str, tuple[int, str]], judged: int) -> None:
    """Count new lookups; the hours of those that later records completed are counted anew."""
    new: list[Stored] = []
    again: set[tuple[str, int]] = set()
    for stored in rows:
        batch, stood = before.get(stored.uid, (stored.batch, stored.node))
        hour = stored.lookup.time // HOUR
        if batch <= judged:
            again |= {(stood, hour), (stored.node, hour)}
        else:
            new.append(stored)
    usage.add(lake, _counts(new))
    if again:
        usage.forget(lake, sorted(again))
        usage.add(lake, _counts(_of_hours(lake, again)))


def _of_hours(lake: Lake, hours: Iterable[tuple[str, int]]) -> list[Stored]:
    wanted = [(name, hour * HOUR, (hour + 1) * HOUR - 1) for name, hour in sorted(hours)]
    return facts.load(lake, Query(nodes=wanted))


def _counts(rows: Iterable[Stored]) -> list[Count]:
    """One count per node, hour, database and view; a tool run without a database counts as the tool."""
    table = enrich.rows(stored.lookup for stored in rows)
    found: dict[tuple[str, int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for x, requests in zip(table.lookups, table.column("requests"), strict=True):
        of = x.database or f"tool:{x.client.name or 'unknown'}"
        entry = found[node(x), x.time // HOUR, of, x.view]
        entry[0] += 1
        entry[1] += requests
    return [Count(*key, *numbers) for key, numbers in sorted(found.items())]
