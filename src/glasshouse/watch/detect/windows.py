"""Times and values of one group in; out, per event, what the window that ends there reached.

A window reaches back from an event over ``span`` microseconds, both ends inclusive, and holds every event at
its last instant. For a "more than" condition that is the same as trying every window no longer than the span.
What is measured needs the times only where two of them are equal: without such, none need be given.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, islice
from math import ceil
from operator import eq, gt, sub
from typing import Any

from glasshouse.watch.detect.plan import Limit

Value = Any  # of one field in one row
Reached = list[float | None]  # None: the window holds no value to judge
Starts = list[int]


def starts(times: Sequence[int], span: int) -> Starts:
    """For each event the index of the first event of its window; ``times`` ascend."""
    if times and times[-1] - times[0] <= span:
        return [0] * len(times)
    low, out = 0, []
    for time in times:
        while time - times[low] > span:
            low += 1
        out.append(low)
    return out


def ends(times: Sequence[int]) -> Starts:
    """For each event the index of the last event at the same time."""
    out = list(range(len(times)))
    if not tied(times):
        return out
    for index in range(len(times) - 2, -1, -1):
        if times[index] == times[index + 1]:
            out[index] = out[index + 1]
    return out


def tied(times: Sequence[int]) -> bool:
    """Whether any two events are at one instant."""
    return any(map(eq, times, islice(times, 1, None)))


def _level_ties(times: Sequence[int], reached: Reached) -> Reached:
    """Events at one instant see the same window, so that their order cannot matter."""
    if not tied(times):
        return reached
    for index in range(len(times) - 2, -1, -1):
        if times[index] == times[index + 1]:
            reached[index] = reached[index + 1]
    return reached


def count(times: Sequence[int], begin: Starts) -> Reached:
    """Events per window."""
    return _level_ties(times, [index - low + 1 for index, low in enumerate(begin)])


def distinct(times: Sequence[int], begin: Starts, values: Sequence[Any]) -> Reached:
    """Distinct values per window by one running count per value; a tuple counts each element; None none."""
    if tuple in set(map(type, values)):
        several = list(map(_each, values))
        if max(map(len, several)) > 1:
            return _level_ties(times, _distinct_of_several(begin, several))
        values = [value[0] if value else None for value in several]
    if not any(begin):
        return _level_ties(times, _distinct_so_far(values))
    counts: dict[Any, int] = {}
    out: Reached = []
    low = 0
    for first, entering in zip(begin, values, strict=True):
        if entering is not None:
            counts[entering] = counts.get(entering, 0) + 1
        while low < first:
            leaving = values[low]
            low += 1
            if leaving is not None:
                counts[leaving] -= 1
                if not counts[leaving]:
                    del counts[leaving]
        out.append(len(counts))
    return _level_ties(times, out)


def _distinct_so_far(values: Sequence[Any]) -> Reached:
    """The same for windows that all begin at the first event: the number of the newest value so far."""
    numbers: dict[Any, int] = {None: 0}
    for value in dict.fromkeys(values):
        numbers.setdefault(value, len(numbers))
    most = list(accumulate(map(numbers.__getitem__, values), max))
    return [*most]


def _distinct_of_several(begin: Starts, several: Sequence[tuple[Any, ...]]) -> Reached:
    counts: dict[Any, int] = {}
    out: Reached = []
    low = 0
    for first, entering in zip(begin, several, strict=True):
        for one in entering:
            counts[one] = counts.get(one, 0) + 1
        while low < first:
            for one in several[low]:
                if counts[one] == 1:
                    del counts[one]
                else:
                    counts[one] -= 1
            low += 1
        out.append(len(counts))
    return out


def _each(value: Value) -> tuple[Any, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def total(times: Sequence[int], begin: Starts, values: Sequence[float | None]) -> Reached:
    """Sum per window; absent values add nothing."""
    there = values if None not in values else [value or 0 for value in values]
    running = list(accumulate(there, initial=0))
    reached = running[1:]
    if any(begin):
        reached = list(map(sub, reached, map(running.__getitem__, begin)))
    return _level_ties(times, reached)


def average(times: Sequence[int], begin: Starts, values: Sequence[float | None]) -> Reached:
    """Mean per window of the values that are there."""
    present = total(times, begin, [0 if value is None else 1 for value in values])
    sums = total(times, begin, values)
    return [s / n if n and s is not None else None for s, n in zip(sums, present, strict=True)]


class _Ranks:
    """A Fenwick tree over value ranks: add, remove and find the k-th smallest in O(log n)."""

    def __init__(self, size: int) -> None:
        self.tree = [0] * (size + 1)
        self.top = 1 << size.bit_length()
        self.size = 0

    def add(self, rank: int, by: int) -> None:
        self.size += by
        rank += 1
        while rank < len(self.tree):
            self.tree[rank] += by
            rank += rank & -rank

    def kth(self, k: int) -> int:
        position, step = 0, self.top
        while step:
            ahead = position + step
            if ahead < len(self.tree) and self.tree[ahead] < k:
                position, k = ahead, k - self.tree[ahead]
            step >>= 1
        return position


def percentile(
    times: Sequence[int], begin: Starts, values: Sequence[float | None], percent: float
) -> Reached:
    """Nearest-rank percentile per window: the ceil(p/100 * n)-th smallest value, at least the first."""
    return _ranked(times, begin, values, lambda n: (max(1, ceil(percent / 100 * n)),))


def median(times: Sequence[int], begin: Starts, values: Sequence[float | None]) -> Reached:
    """Middle value per window; the mean of the two middle ones when their number is even."""
    return _ranked(times, begin, values, lambda n: ((n + 1) // 2, n // 2 + 1))


def _ranked(
    times: Sequence[int],
    begin: Starts,
    values: Sequence[float | None],
    which: Callable[[int], tuple[int, ...]],
) -> Reached:
    ladder = sorted({value for value in values if value is not None})
    rank = [None if value is None else bisect_left(ladder, value) for value in values]
    tree, low = _Ranks(len(ladder)), 0
    out: Reached = []
    for index, here in enumerate(rank):
        if here is not None:
            tree.add(here, 1)
        while low < begin[index]:
            gone = rank[low]
            if gone is not None:
                tree.add(gone, -1)
            low += 1
        picks = [ladder[tree.kth(k)] for k in which(tree.size)] if tree.size else []
        out.append(sum(picks) / len(picks) if picks else None)
    return _level_ties(times, out)


def ordered(
    times: Sequence[int], slots: Sequence[frozenset[int]], steps: int, span: int
) -> tuple[Reached, Starts]:
    """How many steps of a chain were reached at each event, and where the latest chain began.

    Events at one instant may stand in any order, but one event never serves two steps.
    """
    latest: list[int] = [-1] * steps  # index of the first event of the latest chain that reached this step
    reached: Reached = []
    begin: Starts = []
    last_of = ends(times)
    index = 0
    while index < len(times):
        stop = last_of[index] + 1
        for event in _chain_order(slots, index, stop):
            for step in sorted(slots[event], reverse=True):  # high first: no event feeds its own next step
                first = event if step == 0 else latest[step - 1]
                if first >= 0 and times[event] - times[first] <= span:
                    latest[step] = max(latest[step], first)
        depth = next((s + 1 for s in range(steps - 1, -1, -1) if _alive(times, latest[s], index, span)), 0)
        whole = latest[-1] if _alive(times, latest[-1], index, span) else index
        reached.extend([depth] * (stop - index))
        begin.extend([whole] * (stop - index))
        index = stop
    return reached, begin


def _chain_order(slots: Sequence[frozenset[int]], low: int, high: int) -> list[int]:
    return sorted(range(low, high), key=lambda event: (min(slots[event]), event))


def _alive(times: Sequence[int], first: int, now: int, span: int) -> bool:
    return first >= 0 and times[now] - times[first] <= span


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "gt": float.__gt__,
    "gte": float.__ge__,
    "lt": float.__lt__,
    "lte": float.__le__,
    "eq": float.__eq__,
    "neq": float.__ne__,
}


def within(reached: float | None, limits: Sequence[Limit]) -> bool:
    """Whether what a window reached meets every limit; nothing to judge is False."""
    return reached is not None and all(_COMPARE[one.op](float(reached), one.value) for one in limits)


def merged(begin: Starts, end: Starts, good: Sequence[int]) -> list[tuple[int, int]]:
    """The union of the windows that end at the ``good`` events: index ranges, both ends inclusive."""
    if any(map(gt, begin, islice(begin, 1, None))):
        return _merged_one_by_one(begin, end, good)
    out: list[tuple[int, int]] = []
    at = 0
    while at < len(good):
        low, reach, high = begin[good[at]], end[good[at]], -1
        while reach > high:
            high = reach
            at = bisect_left(good, bisect_right(begin, high), at)  # the first that begins after this stretch
            reach = end[good[at - 1]]
        out.append((low, high))
    return out


def _merged_one_by_one(begin: Starts, end: Starts, good: Sequence[int]) -> list[tuple[int, int]]:
    """The same where a later window may begin earlier, as those of chains do."""
    out: list[tuple[int, int]] = []
    low, high = 0, -1
    for index in good:
        first, last = begin[index], end[index]
        if first > high:
            out.append((low, high))
            low, high = first, last
        else:
            if first < low:
                low = first
            if last > high:
                high = last
    out.append((low, high))
    return out[1:]
