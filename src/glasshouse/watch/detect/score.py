"""The rules that fired and their rows in; out the points of a score, each with its reason, and the level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from glasshouse.records import LEVELS, Level, Points
from glasshouse.watch.detect.plan import Rule
from glasshouse.watch.enrich import Rows

# The score from which each level begins.
LEVEL_FROM: tuple[tuple[int, Level], ...] = ((100, "critical"), (70, "high"), (40, "medium"), (20, "low"))
# Points of a user rule that only gives a Sigma level: it reaches that level alone.
LEVEL_POINTS: dict[str, int] = {"informational": 5, **{name: least for least, name in LEVEL_FROM}}
# What a reason may say in braces; all are numbers or short texts made here.
_COLUMN_OF = {
    "databases": "database",
    "database_count": "database",
    "targets": "target",
    "target_count": "target",
    "own_targets": "own_target",
    "views": "view",
    "clients": "client_name",
    "tools": "tool",
    "users": "account",
    "days": "day",
    "hours": "hour",
    "minutes": "minute",
    "actor": "actor",
}
_COUNTED = {"database_count", "target_count", "own_targets", "days", "hours", "minutes"}
_WORKED_OUT = {"requests", "lookups", "span", "megabytes"}
_OF_TOOL = {"provider_tool", "provider_confidence", "provider_alternative"}
PLACES = frozenset(_COLUMN_OF) | _WORKED_OUT | _OF_TOOL
SHOWN = 5


def level(score: int) -> Level:
    """The level of a score, by ``LEVEL_FROM``."""
    return next((name for least, name in LEVEL_FROM if score >= least), LEVELS[0])


def points(rule: Rule, table: Rows, rows: Sequence[int]) -> Points:
    """One row of the score: the rule's points and its reason over the rows that made it fire."""
    return Points(rule.key, rule.points, rule.reason.format_map(_facts(rule, table, rows)))


def _facts(rule: Rule, table: Rows, rows: Sequence[int]) -> dict[str, str | int]:
    """Only the places the reason names are worked out."""
    return {place: _fact(place, table, rows) for place in PLACES if "{" + place + "}" in rule.reason}


def _fact(place: str, table: Rows, rows: Sequence[int]) -> str | int:
    if place == "requests":
        return requests(table, rows, table.column("requests"))
    if place == "lookups":
        return len(rows)
    if place == "span":
        lasted = set(map(attrgetter("duration"), map(table.lookups.__getitem__, rows)))
        longest = max(lasted - {None}, default=0)
        return span(max(table.lookups[rows[-1]].time - table.lookups[rows[0]].time, longest))
    if place == "megabytes":
        return max(_sums(table, rows, table.column("bytes_in")).values(), default=0) // 1_000_000
    if place.startswith("provider_"):
        return _provider(place, table, rows)
    values = _distinct(_COLUMN_OF[place], table, rows)
    return len(values) if place in _COUNTED else some(values)


def _provider(place: str, table: Rows, rows: Sequence[int]) -> str | int:
    confidence = table.column("provider_confidence")
    best = max(rows, key=lambda row: confidence[row] or 0)
    value = table.column(place)[best]
    return value if isinstance(value, int) else str(value)


def _distinct(field: str, table: Rows, rows: Sequence[int]) -> list[str]:
    found: set[str] = set()
    for value in set(table.at(field, rows)):
        found.update(value if isinstance(value, tuple) else () if value is None else (str(value),))
    return sorted(found)


def _sums(
    table: Rows, rows: Sequence[int], values: Sequence[int | None]
) -> dict[tuple[str | None, str], int]:
    seen = Counter(
        zip(table.at("database", rows), table.at("view", rows), map(values.__getitem__, rows), strict=True)
    )
    sums: dict[tuple[str | None, str], int] = {}
    for (database, view, value), times in seen.items():
        sums[database, view] = sums.get((database, view), 0) + times * (value or 0)
    return sums


def requests(table: Rows, rows: Sequence[int], values: Sequence[int]) -> int:
    """Requests without counting one act twice: per database the view that saw most, summed over databases."""
    best: dict[str | None, int] = {}
    for (database, _), value in _sums(table, rows, values).items():
        best[database] = max(best.get(database, 0), value)
    tool_only = best.pop(None, 0)
    return max(sum(best.values()), tool_only)


def some(values: Sequence[str], shown: int = SHOWN) -> str:
    """The first few of a list in words, and how many more there are."""
    more = len(values) - shown
    return ", ".join(values[:shown]) + (f" and {more} more" if more > 0 else "")


def span(microseconds: int) -> str:
    """A duration in words: ``19 s``, ``12 min``, ``3 h``, ``6 days``."""
    seconds = round(microseconds / 1_000_000)
    for size, unit, least in ((86_400, "days", 2), (3_600, "h", 2), (60, "min", 2)):
        if seconds >= size * least:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"
