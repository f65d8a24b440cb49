"""How many findings a survey left open in; the same of all surveys, oldest first, out."""

from __future__ import annotations

from collections import Counter

import orjson

from glasshouse.findings import Exposure, Trend
from glasshouse.lake import observations
from glasshouse.lake.store import Lake
from glasshouse.records import LEVELS

_NAME = "trend:"


def note(lake: Lake, found: Exposure) -> None:
    """Keep the counts of one survey, as it was judged last; only ``open`` findings count."""
    levels = Counter(one.level for one in found.findings if one.state == "open")
    unapproved = sum(
        one.verdict in ("unmanaged", "suspicious") and not one.shift.first_look for one in found.changes
    )
    with lake.transaction():
        lake.put(f"{_NAME}{found.at}", orjson.dumps([levels, unapproved]).decode())


def until(lake: Lake, at: int) -> tuple[Trend, ...]:
    """The counts of all surveys up to a time, oldest first."""
    found = []
    for name, text in lake.db.execute("SELECT name, value FROM meta WHERE name LIKE 'trend:%'").fetchall():
        when, (levels, unapproved) = int(name.removeprefix(_NAME)), orjson.loads(text)
        if when <= at:
            told = tuple((level, int(levels[level])) for level in reversed(LEVELS) if level in levels)
            found.append(Trend(when, told, int(unapproved)))
    return tuple(sorted(found, key=lambda one: one.time))


def missing(lake: Lake) -> list[int]:
    """Numbers of the surveys that were not judged yet, the last first."""
    known = {name for (name,) in lake.db.execute("SELECT name FROM meta WHERE name LIKE 'trend:%'")}
    last = {one.ended: one.number for one in observations.surveys(lake)}
    return [last[time] for time in sorted(last, reverse=True) if f"{_NAME}{time}" not in known]
