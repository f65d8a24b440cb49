"""Counts of lookups in, kept by node, hour, database and view; out how much whom asked before a day."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from glasshouse.lake.state import SEASON
from glasshouse.lake.store import Lake
from glasshouse.verdicts import Usage

HOUR, DAY = 3_600_000_000, 86_400_000_000
WINDOW = 30  # days before an episode that are compared with
_HOURS = 24


class Count(NamedTuple):
    """What one node asked of one database in one hour, seen in one kind of view."""

    node: str
    hour: int  # hours since 1970
    database: str
    view: str
    lookups: int
    requests: int


def add(lake: Lake, counts: Iterable[Count]) -> None:
    """Add to the counts, inside the caller's transaction."""
    lake.db.executemany(
        "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (node, hour, database, view) DO UPDATE SET "
        "lookups = lookups + excluded.lookups, requests = requests + excluded.requests",
        counts,
    )


def forget(lake: Lake, hours: Iterable[tuple[str, int]]) -> None:
    """Forget some hours of some nodes, which are about to be counted anew."""
    lake.db.executemany("DELETE FROM usage WHERE node = ? AND hour = ?", hours)


def expire(lake: Lake, before: int) -> int:
    """Forget all counts of hours before a time in microseconds; how many there were."""
    return lake.db.execute("DELETE FROM usage WHERE hour < ?", (before // HOUR,)).rowcount


@dataclass(slots=True)
class Baselines:
    """How much every actor asked, by day and hour, between two days."""

    low: int  # first day, days since 1970
    high: int  # last day
    days: dict[str, dict[int, int]] = field(default_factory=dict)  # actor: day: requests
    hours: dict[str, dict[int, int]] = field(default_factory=dict)
    asked: dict[str, dict[int, set[str]]] = field(default_factory=dict)  # database: day: actors
    known: list[int] = field(default_factory=list)  # days with any count, ascending
    _estates: dict[int, Usage] = field(default_factory=dict)

    def own(self, actor: str, day: int) -> Usage:
        """What an actor asked in the 30 days before a day."""
        mine = _between(self.days.get(actor, {}), day - WINDOW, day)
        hours = _between(self.hours.get(actor, {}), (day - WINDOW) * _HOURS, day * _HOURS)
        return _usage(mine, hours)

    def busiest(self, actor: str, first: int, last: int) -> tuple[int, int]:
        """The most an actor asked on one day, and in one hour, of those between two times."""
        days = _between(self.days.get(actor, {}), first // DAY, last // DAY + 1)
        hours = _between(self.hours.get(actor, {}), first // HOUR, last // HOUR + 1)
        return max(days, default=0), max(hours, default=0)

    def of(self, actors: Collection[str], day: int) -> tuple[Usage, int]:
        """What some actors asked in those days, each day and actor one count; how many of them asked."""
        every = [
            _between(self.days[actor], day - WINDOW, day) for actor in sorted(actors) if actor in self.days
        ]
        some = [mine for mine in every if mine]
        return _usage([count for mine in some for count in mine], []), len(some)

    def estate(self, day: int) -> Usage:
        """What everybody asked in those days."""
        if day not in self._estates:
            self._estates[day] = self.of(self.days, day)[0]
        return self._estates[day]

    def prevalence(self, databases: Iterable[str], day: int) -> int:
        """How many actors asked any of some databases in those days."""
        found: set[str] = set()
        for name in databases:
            for when, actors in self.asked.get(name, {}).items():
                if day - WINDOW <= when < day:
                    found |= actors
        return len(found)

    def actors(self, day: int) -> int:
        """How many actors asked anything in those days."""
        return sum(any(day - WINDOW <= when < day for when in mine) for mine in self.days.values())

    def days_known(self, day: int) -> int:
        """Of those days, how many have any count."""
        return bisect_left(self.known, day) - bisect_left(self.known, day - WINDOW)


def baselines(lake: Lake, low: int, high: int) -> Baselines:
    """The counts that episodes between two times, in microseconds, are compared with."""
    found = Baselines(low // DAY - WINDOW, high // DAY)
    seen: dict[tuple[str, int, str], dict[str, int]] = defaultdict(dict)
    names = _keys(lake, found.low, found.high)
    proxies = {f"0:{ip}" for (ip,) in lake.db.execute("SELECT ip FROM relays WHERE folded")}
    rows = lake.db.execute(
        "SELECT node, hour, database, view, requests FROM usage WHERE hour BETWEEN ? AND ?",
        (found.low * _HOURS, found.high * _HOURS + _HOURS - 1),
    )
    for node, hour, database, view, requests in rows:
        if node in proxies:
            continue
        actor = names.get((hour * HOUR // SEASON, node), node[2:])
        views = seen[actor, hour, database]
        views[view] = views.get(view, 0) + requests
    for (actor, hour, database), views in seen.items():
        _count(found, actor, hour, database, max(views.values()))
    found.known = sorted({day for mine in found.days.values() for day in mine})
    return found


def _count(found: Baselines, actor: str, hour: int, database: str, requests: int) -> None:
    day = hour // _HOURS
    for table, when in ((found.days, day), (found.hours, hour)):
        mine = table.setdefault(actor, {})
        mine[when] = mine.get(when, 0) + requests
    found.asked.setdefault(database, {}).setdefault(day, set()).add(actor)


def _keys(lake: Lake, low: int, high: int) -> dict[tuple[int, str], str]:
    """The actor of each node in each season of those days, where it is not the node itself."""
    rows = lake.db.execute(
        "SELECT season, node, key FROM actors WHERE season BETWEEN ? AND ? AND lookups > 0",
        (low * DAY // SEASON, high * DAY // SEASON),
    )
    return {(season, node): key for season, node, key in rows if key != node[2:]}


def _between(counts: Mapping[int, int], low: int, high: int) -> list[int]:
    return [count for when, count in counts.items() if low <= when < high]


def _usage(days: list[int], hours: list[int]) -> Usage:
    middle, spread = _spread(days)
    hourly, hourly_spread = _spread(hours)
    return Usage(
        days=len(days),
        median_day=middle,
        mad_day=spread,
        hours=len(hours),
        median_hour=hourly,
        mad_hour=hourly_spread,
        most_day=max(days, default=0),
        total=sum(days),
    )


def _spread(values: list[int]) -> tuple[float, float]:
    """Median, and median absolute deviation from it."""
    if not values:
        return 0.0, 0.0
    middle = median(values)
    return float(middle), float(median(abs(value - middle) for value in values))


def nodes(lake: Lake, low: int, high: int) -> Iterator[tuple[str, str]]:
    """Every actor between two times, with the nodes it goes by."""
    yield from lake.db.execute(
        "SELECT DISTINCT key, node FROM actors WHERE season BETWEEN ? AND ?", (low // SEASON, high // SEASON)
    )
