"""Times and databases of one actor in; out, per lookup, the tool whose provider set fits best.

A client tool that asks many open databases in seconds is known by the set it asks, from names alone.
Databases known only by URL path are left out of the sets: a log of names cannot show them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from glasshouse.catalogue import Catalogue, load

WINDOW = 10 * 60 * 1_000_000  # microseconds
MIN_MATCHED = 4
MIN_COVERAGE = 0.6


def of_catalogue(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """Per client tool the databases it asks by default that names alone can show; only sets large enough."""
    sets = {
        tool.id: frozenset(name for name in tool.databases if catalogue.databases[name].match != "path")
        for tool in catalogue.clients.values()
        if not tool.benign
    }
    return {tool: wanted for tool, wanted in sets.items() if len(wanted) >= MIN_MATCHED}


@cache
def shipped() -> Mapping[str, frozenset[str]]:
    """The provider sets of the catalogue that ships with Glasshouse."""
    return of_catalogue(load())


class Fit(NamedTuple):
    """How well one window of lookups fits a tool; ``confidence`` is per cent of the joint set shared."""

    confidence: int
    matched: int
    tool: str
    alternative: str


def fit(seen: frozenset[str], toolsets: Mapping[str, frozenset[str]]) -> Fit | None:
    """The best-fitting tool for a set of database ids, or None when no set is covered well enough.

    Whether anything fits depends on coverage alone, so more databases never make a fit disappear;
    which tool is named depends on the share of the joint set.
    """
    ranked = sorted(
        (
            (len(seen & wanted) / len(seen | wanted), len(seen & wanted), tool)
            for tool, wanted in toolsets.items()
        ),
        reverse=True,
    )
    able = [r for r in ranked if r[1] >= MIN_MATCHED and r[1] / len(toolsets[r[2]]) >= MIN_COVERAGE]
    if not able:
        return None
    share, matched, tool = able[0]
    other = next((r for r in ranked if r[2] != tool and r[1]), None)
    alternative = f"{other[2]} ({round(100 * other[0])} %)" if other else "none"
    return Fit(round(100 * share), matched, tool, alternative)


def fits(
    times: Sequence[int], databases: Sequence[str | None], toolsets: Mapping[str, frozenset[str]]
) -> list[Fit | None]:
    """Per lookup the best fit of any window of ten minutes that holds it; ``times`` ascend, microseconds."""
    known = frozenset().union(*toolsets.values()) if toolsets else frozenset()
    counts: defaultdict[str, int] = defaultdict(int)
    cache: dict[frozenset[str], Fit | None] = {}
    at_anchor: list[Fit | None] = []
    here: Fit | None = None
    low = 0
    for time, database in zip(times, databases, strict=True):
        changed = False
        if database is not None:
            counts[database] += 1
            changed = counts[database] == 1
        while time - times[low] > WINDOW:
            gone = databases[low]
            low += 1
            if gone is not None:
                counts[gone] -= 1
                if not counts[gone]:
                    del counts[gone]
                    changed = True
        if changed:
            seen = frozenset(counts)
            if seen not in cache:
                cache[seen] = fit(seen, toolsets) if len(seen & known) >= MIN_MATCHED else None
            here = cache[seen]
        at_anchor.append(here)
    return _best_ahead(times, at_anchor)


def _best_ahead(times: Sequence[int], at_anchor: Sequence[Fit | None]) -> list[Fit | None]:
    """Spread each window's fit to the lookups inside it: a sliding maximum, right to left."""
    best: list[Fit | None] = [None] * len(times)
    queue: deque[tuple[Fit, int]] = deque()  # fits fall from left to right
    for index in range(len(times) - 1, -1, -1):
        here = at_anchor[index]
        if here is not None:
            while queue and queue[0][0] <= here:
                queue.popleft()
            queue.appendleft((here, times[index]))
        while queue and queue[-1][1] - times[index] > WINDOW:
            queue.pop()
        best[index] = queue[-1][0] if queue else None
    return best
