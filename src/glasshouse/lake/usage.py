"""Counts of lookups in, kept by node, hour, database and view; out how much whom asked before a day."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, chain, groupby, islice
from operator import itemgetter, le
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


def totals(lake: Lake) -> dict[int, int]:
    """Requests of everybody by day, days since 1970; changes when a baseline does."""
    return dict(lake.db.execute("SELECT day, requests FROM usage_days"))


@dataclass(slots=True)
class Series:
    """Counts of some days or hours, ascending."""

    when: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))

    def between(self, low: int, high: int) -> array[int]:
        """The counts from ``low`` to before ``high``."""
        return self.counts[bisect_left(self.when, low) : bisect_left(self.when, high)]


_NOTHING = Series()
_Rows = Iterable[tuple[str, int, str, int]]  # node, hour, database, requests; several views in a row


@dataclass(slots=True)
class Baselines:
    """How much every actor asked, by day and hour, between two days.

    Who asked is kept as bits, one an actor: thousands of alerts ask how many did.
    """

    low: int  # first day, days since 1970
    high: int  # last day
    days: dict[str, Series] = field(default_factory=dict)  # actor: requests by day
    hours: dict[str, Series] = field(default_factory=dict)  # of the actors that were named
    asked: dict[str, dict[int, int]] = field(default_factory=dict)  # database: day: bits of its actors
    spread: dict[int, Counter[int]] = field(default_factory=dict)  # day: requests: how many actors
    known: list[int] = field(default_factory=list)  # days with any count, ascending
    _estates: dict[int, Usage] = field(default_factory=dict)
    _totals: dict[int, int] = field(default_factory=dict)
    _groups: dict[tuple[frozenset[str], int], tuple[Counter[int], int]] = field(default_factory=dict)

    def own(self, actor: str, day: int) -> Usage:
        """What an actor asked in the 30 days before a day."""
        mine = self.days.get(actor, _NOTHING).between(day - WINDOW, day)
        hours = self.hours.get(actor, _NOTHING).between((day - WINDOW) * _HOURS, day * _HOURS)
        return _usage(Counter(mine), Counter(hours))

    def busiest(self, actor: str, first: int, last: int) -> tuple[int, int]:
        """The most an actor asked on one day, and in one hour, of those between two times."""
        days = self.days.get(actor, _NOTHING).between(first // DAY, last // DAY + 1)
        hours = self.hours.get(actor, _NOTHING).between(first // HOUR, last // HOUR + 1)
        return max(days, default=0), max(hours, default=0)

    def others(self, actors: frozenset[str], but: str, day: int) -> tuple[Usage, int]:
        """What some actors but one asked in those days, each day and actor one count; how many of them."""
        if (actors, day) not in self._groups:
            every = [self.days[one].between(day - WINDOW, day) for one in actors if one in self.days]
            self._groups[actors, day] = Counter(chain.from_iterable(every)), sum(map(bool, every))
        counts, asked = self._groups[actors, day]
        own = self.days.get(but, _NOTHING).between(day - WINDOW, day) if but in actors else ()
        return _usage(counts - Counter(own), Counter()), asked - bool(own)

    def estate(self, day: int) -> Usage:
        """What everybody asked in those days."""
        if day not in self._estates:
            every: Counter[int] = Counter()
            for when in range(day - WINDOW, day):
                every.update(self.spread.get(when, {}))
            self._estates[day] = _usage(every, Counter())
        return self._estates[day]

    def prevalence(self, databases: Iterable[str], day: int) -> int:
        """How many actors asked any of some databases in those days."""
        return self._actors(databases, day).bit_count()

    def actors(self, day: int) -> int:
        """How many actors asked anything in those days."""
        if day not in self._totals:
            self._totals[day] = self._actors(self.asked, day).bit_count()
        return self._totals[day]

    def _actors(self, databases: Iterable[str], day: int) -> int:
        found = 0
        for name in databases:
            by_day = self.asked.get(name, {})
            for when in range(day - WINDOW, day):
                found |= by_day.get(when, 0)
        return found

    def days_known(self, day: int) -> int:
        """Of those days, how many have any count."""
        return bisect_left(self.known, day) - bisect_left(self.known, day - WINDOW)


def baselines(lake: Lake, low: int, high: int, actors: Collection[str]) -> Baselines:
    """The counts that episodes between two times, in microseconds, are compared with.

    Hours are kept only of ``actors``, those that the episodes are of.
    """
    found = Baselines(low // DAY - WINDOW, high // DAY)
    bits: dict[tuple[str, int], bytearray] = {}
    numbers: dict[str, int] = {}
    for actor, rows in _by_actor(lake, found.low, found.high):
        _count(found, bits, numbers.setdefault(actor, len(numbers)), actor, rows, actor in actors)
    for (name, day), held in bits.items():
        found.asked.setdefault(name, {})[day] = int.from_bytes(held, "little")
    for table in (found.days, found.hours):
        for actor, series in table.items():
            table[actor] = _sorted(series)
    for series in found.days.values():
        for day, requests in zip(series.when, series.counts, strict=True):
            found.spread.setdefault(day, Counter())[requests] += 1
    found.known = sorted(found.spread)
    return found


def _count(
    found: Baselines,
    bits: dict[tuple[str, int], bytearray],
    number: int,
    actor: str,
    rows: _Rows,
    with_hours: bool,
) -> None:
    """Count what one actor asked, of each database by the view that saw most; no hour comes in two calls."""
    hours: dict[int, int] = {}
    pairs: set[tuple[str, int]] = set()
    at, of, most = -1, "", 0
    for _node, hour, database, requests in rows:
        if hour != at or database != of:
            at, of, most = hour, database, 0
            pairs.add((database, hour // _HOURS))
        if requests > most:
            hours[hour] = hours.get(hour, 0) + requests - most
            most = requests
    days: dict[int, int] = {}
    for hour, requests in hours.items():
        days[hour // _HOURS] = days.get(hour // _HOURS, 0) + requests
    _add(found.days, actor, days)
    if with_hours:
        _add(found.hours, actor, hours)
    for pair in pairs:
        held = bits.setdefault(pair, bytearray())
        held.extend(bytes(max(0, number // 8 + 1 - len(held))))
        held[number // 8] |= 1 << number % 8


def _add(table: dict[str, Series], actor: str, counts: Mapping[int, int]) -> None:
    series = table.setdefault(actor, Series())
    series.when.extend(counts)
    series.counts.extend(counts.values())


def _sorted(series: Series) -> Series:
    """Ascending: an actor may have gone by another node in each season."""
    if all(map(le, series.when, islice(series.when, 1, None))):
        return series
    pairs = sorted(zip(series.when, series.counts, strict=True))
    return Series(array("q", (when for when, _ in pairs)), array("q", (count for _, count in pairs)))


def _by_actor(lake: Lake, low: int, high: int) -> Iterator[tuple[str, _Rows]]:
    """Per actor, or part of its time, the hours and databases it asked."""
    proxies = {f"0:{ip}" for (ip,) in lake.db.execute("SELECT ip FROM relays WHERE folded")}
    names: dict[tuple[int, str], str] = {}
    together: dict[tuple[int, str], list[str]] = defaultdict(list)
    for season, node, key in lake.db.execute(
        "SELECT season, node, key FROM actors WHERE season BETWEEN ? AND ? AND lookups > 0",
        (low * DAY // SEASON, (high * DAY + DAY - 1) // SEASON),
    ):
        names[season, node] = key
        if node not in proxies:
            together[season, key].append(node)
    for season in range(low * DAY // SEASON, (high * DAY + DAY - 1) // SEASON + 1):
        first = max(low * _HOURS, season * SEASON // HOUR)
        last = min(high * _HOURS + _HOURS, (season + 1) * SEASON // HOUR) - 1
        alone = lake.db.execute(  # "+": in the order of the key, without sorting
            "SELECT node, hour, database, requests FROM usage WHERE +hour BETWEEN ? AND ? "
            "ORDER BY node, hour, database",
            (first, last),
        )
        for node, rows in groupby(alone, itemgetter(0)):
            key = names.get((season, node), node[2:])
            if node not in proxies and len(together.get((season, key), ())) < 2:
                yield key, rows
        for (when, key), nodes in together.items():
            if when == season and len(nodes) > 1:
                yield key, _folded(lake, nodes, first, last)


def _folded(lake: Lake, nodes: Iterable[str], low: int, high: int) -> _Rows:
    """What an actor of several nodes asked: of each view the sum, of the views the one that saw most."""
    seen: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for node in nodes:
        for hour, database, view, requests in lake.db.execute(
            "SELECT hour, database, view, requests FROM usage WHERE node = ? AND hour BETWEEN ? AND ?",
            (node, low, high),
        ):
            views = seen[hour, database]
            views[view] = views.get(view, 0) + requests
    return [("", hour, database, max(views.values())) for (hour, database), views in seen.items()]


def _usage(days: Counter[int], hours: Counter[int]) -> Usage:
    """What some counts say together; each key is a count, its value how often it occurs."""
    middle, spread = _spread(days)
    hourly, hourly_spread = _spread(hours)
    return Usage(
        days=days.total(),
        median_day=middle,
        mad_day=spread,
        hours=hours.total(),
        median_hour=hourly,
        mad_hour=hourly_spread,
        most_day=max(days, default=0),
        total=sum(count * times for count, times in days.items()),
    )


def _spread(values: Counter[int]) -> tuple[float, float]:
    """Median, and median absolute deviation from it."""
    if not values:
        return 0.0, 0.0
    middle = _median(values)
    away: Counter[float] = Counter()
    for value, times in values.items():
        away[abs(value - middle)] += times
    return middle, _median(away)


def _median(values: Mapping[int, int] | Mapping[float, int]) -> float:
    """The middle of so many values, or the mean of the two in the middle."""
    ordered = sorted(values.items())
    total = sum(times for _, times in ordered)
    sums = list(accumulate(times for _, times in ordered))
    low = ordered[bisect_right(sums, (total - 1) // 2)][0]
    high = ordered[bisect_right(sums, total // 2)][0]
    return (low + high) / 2


def nodes(lake: Lake, low: int, high: int) -> Iterator[tuple[str, str]]:
    """Every actor between two times, with the nodes it goes by."""
    yield from lake.db.execute(
        "SELECT DISTINCT key, node FROM actors WHERE season BETWEEN ? AND ?", (low // SEASON, high // SEASON)
    )
