"""Every sliding window sweep agrees with a brute-force reading of its definition."""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.watch.detect import windows
from glasshouse.watch.detect.plan import Limit

EVENTS = st.lists(
    st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 6))), min_size=1, max_size=25
).map(lambda pairs: sorted(pairs, key=lambda pair: pair[0]))
SPAN = st.integers(0, 15)


def held(times, index, span):
    return [i for i, time in enumerate(times) if times[index] - span <= time <= times[index]]


def nearest_rank(values, percent):
    return sorted(values)[max(1, ceil(percent / 100 * len(values))) - 1] if values else None


BRUTE = {
    "count": lambda values: len(values),
    "distinct": lambda values: len({v for v in values if v is not None}),
    "total": lambda values: sum(v or 0 for v in values),
    "average": lambda values: (lambda x: sum(x) / len(x) if x else None)(
        [v for v in values if v is not None]
    ),
    "median": lambda values: (lambda x: median(x) if x else None)([v for v in values if v is not None]),
    "p90": lambda values: nearest_rank([v for v in values if v is not None], 90),
}
SWEEP = {
    "count": lambda times, begin, values: windows.count(times, begin),
    "distinct": windows.distinct,
    "total": windows.total,
    "average": windows.average,
    "median": windows.median,
    "p90": lambda times, begin, values: windows.percentile(times, begin, values, 90),
}


@pytest.mark.parametrize("kind", sorted(BRUTE))
@settings(max_examples=150, deadline=None)
@given(events=EVENTS, span=SPAN)
def test_a_sweep_equals_brute_force(kind, events, span):
    times, values = [t for t, _ in events], [v for _, v in events]
    found = SWEEP[kind](times, windows.starts(times, span), values)
    wanted = [BRUTE[kind]([values[i] for i in held(times, index, span)]) for index in range(len(times))]
    assert found == pytest.approx(wanted)


@settings(max_examples=100, deadline=None)
@given(events=EVENTS, span=SPAN, need=st.integers(1, 6))
def test_windows_that_end_at_events_find_what_any_shorter_window_finds(events, span, need):
    times = [t for t, _ in events]
    reached = windows.count(times, windows.starts(times, span))
    anywhere = any(
        sum(a <= t <= b for t in times) >= need for a in times for b in times if 0 <= b - a <= span
    )
    assert any(value >= need for value in reached) == anywhere


def test_lists_count_each_element_and_none_counts_nothing():
    times = [0, 1, 2]
    begin = windows.starts(times, 10)
    assert windows.distinct(times, begin, [("a", "b"), None, ("b", "c")]) == [2, 2, 3]


CHAINS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2)), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(events=CHAINS, span=st.integers(0, 12))
def test_ordered_chains_equal_brute_force(events, span):
    events = sorted(events)
    times, slots = [t for t, _ in events], [frozenset({s}) for _, s in events]
    reached, _ = windows.ordered(times, slots, 3, span)
    for index, time in enumerate(times):
        whole = any(
            a <= b <= c <= time and time - a <= span
            for a, x in events
            for b, y in events
            for c, z in events
            if (x, y, z) == (0, 1, 2)
        )
        assert (reached[index] == 3) == whole, (events, span, index)


def test_the_wrong_order_is_no_chain():
    reached, _ = windows.ordered([0, 1, 2], [frozenset({2}), frozenset({1}), frozenset({0})], 3, 10)
    assert max(reached) == 1


def test_one_event_cannot_serve_two_steps():
    reached, _ = windows.ordered([0, 5], [frozenset({0, 1}), frozenset({0})], 2, 10)
    assert max(reached) == 1
    reached, _ = windows.ordered([0, 5], [frozenset({0, 1}), frozenset({1})], 2, 10)
    assert reached == [1, 2]


@pytest.mark.parametrize(
    ("value", "limits", "good"),
    [
        (5, [("gte", 5)], True),
        (5, [("gt", 5)], False),
        (5, [("lt", 6), ("gt", 4)], True),
        (5, [("lte", 4)], False),
        (5, [("eq", 5)], True),
        (5, [("neq", 5)], False),
        (None, [("lt", 6)], False),
    ],
)
def test_limits(value, limits, good):
    assert windows.within(value, [Limit(op, float(bound)) for op, bound in limits]) is good


def test_windows_that_overlap_become_one_stretch():
    times = [0, 1, 2, 50, 51, 52]
    begin, end = windows.starts(times, 5), windows.ends(times)
    assert windows.merged(begin, end, [1, 2, 4]) == [(0, 2), (3, 4)]
    assert windows.merged(begin, end, []) == []


@settings(max_examples=200, deadline=None)
@given(events=EVENTS, span=SPAN, picked=st.sets(st.integers(0, 24)))
def test_merged_windows_hold_what_the_windows_hold(events, span, picked):
    times = [t for t, _ in events]
    begin, end = windows.starts(times, span), windows.ends(times)
    good = sorted(index for index in picked if index < len(times))
    found = windows.merged(begin, end, good)
    inside = {event for index in good for event in range(begin[index], end[index] + 1)}
    assert {event for low, high in found for event in range(low, high + 1)} == inside
    assert all(before[1] < after[0] for before, after in pairwise(found))
    assert found == windows._merged_one_by_one(begin, end, good)


@settings(max_examples=100, deadline=None)
@given(events=EVENTS, span=SPAN)
def test_times_matter_to_a_measure_only_where_two_are_equal(events, span):
    times = sorted({t for t, _ in events})
    values = [v for _, v in events][: len(times)]
    begin = windows.starts(times, span)
    assert not windows.tied(times)
    for sweep in SWEEP.values():
        assert sweep([], begin, values) == sweep(times, begin, values)
