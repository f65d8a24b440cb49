"""Counts in a lake; what is usual out, equal to counting every row anew, whoever goes by several names."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.lake import store, usage
from glasshouse.lake.state import SEASON
from glasshouse.lake.usage import DAY, HOUR, WINDOW, Count
from glasshouse.verdicts import Usage

BEGIN = SEASON // DAY * 600 - 20  # twenty days before a season ends
NODES = ("0:192.0.2.1", "0:192.0.2.2", "1:ws-1", "1:ws-2", "2:jdoe")
counts = st.builds(
    Count,
    st.sampled_from(NODES),
    st.integers(0, 50 * 24 - 1).map(lambda hour: BEGIN * 24 + hour),
    st.sampled_from(["shodan", "crtsh", "tool:amass"]),
    st.sampled_from(["dns/A", "tls", "process"]),
    st.just(1),
    st.integers(1, 40),
)
seasons = st.tuples(
    st.sampled_from([599, 600]), st.sampled_from(NODES), st.sampled_from(["192.0.2.1", "ws-2"])
)


def by_hand(rows: list[Count], keys: dict[tuple[int, str], str], proxies: set[str]):
    """Requests by actor, hour and database: of each view the sum, of the views the one that saw most."""
    views: dict[tuple[str, int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in rows:
        if one.node not in proxies:
            actor = keys.get((one.hour * HOUR // SEASON, one.node), one.node[2:])
            views[actor, one.hour, one.database][one.view] += one.requests
    return {key: max(seen.values()) for key, seen in views.items()}


def said(values: list[int]) -> tuple[int, float, float, int, int]:
    middle = median(values) if values else 0
    spread = median(abs(value - middle) for value in values) if values else 0
    return len(values), float(middle), float(spread), max(values, default=0), sum(values)


def days_of(asked, actors, day: int) -> list[int]:
    found: dict[tuple[str, int], int] = defaultdict(int)
    for (actor, hour, _), requests in asked.items():
        if actor in actors and day - WINDOW <= hour // 24 < day:
            found[actor, hour // 24] += requests
    return list(found.values())


def told(one: Usage) -> tuple[int, float, float, int, int]:
    return one.days, one.median_day, one.mad_day, one.most_day, one.total


@given(st.lists(counts, max_size=80), st.lists(seasons, max_size=6), st.booleans(), st.integers(0, 49))
@settings(max_examples=60, deadline=None)
def test_what_is_usual_is_what_counting_anew_gives(tmp_path_factory, rows, joined, proxy, at):
    day = BEGIN + at
    keys = {(season, node): key for season, node, key in joined}
    with store.opened(tmp_path_factory.mktemp("lake"), make=True) as lake:
        usage.add(lake, rows)
        for season in (599, 600):
            for node in NODES:
                key = keys.get((season, node), node[2:])
                lake.db.execute("INSERT INTO actors VALUES (?, ?, ?, ?, 0, 0, 1)", (season, node, key, node))
        if proxy:
            lake.db.execute("INSERT INTO relays VALUES ('192.0.2.2', 9, 9, 1)")
        known = usage.baselines(lake, day * DAY, (BEGIN + 49) * DAY, {"192.0.2.1", "ws-1"})
    first = known.low * 24
    asked = by_hand([x for x in rows if x.hour >= first], keys, {"0:192.0.2.2"} if proxy else set())
    every = {actor for actor, _, _ in asked}
    assert told(known.estate(day)) == said(days_of(asked, every, day))
    window = {key: n for key, n in asked.items() if day - WINDOW <= key[1] // 24 < day}
    assert known.actors(day) == len({actor for actor, _, _ in window})
    assert known.days_known(day) == len({hour // 24 for _, hour, _ in window})
    some = ("shodan", "tool:amass")
    assert known.prevalence(some, day) == len({actor for actor, _, name in window if name in some})
    for actor in ("192.0.2.1", "ws-1", "jdoe"):
        assert told(known.own(actor, day)) == said(days_of(asked, {actor}, day))
        others = days_of(asked, every - {actor}, day)
        used = {name for name, hour, _ in window if name != actor}
        peers, number = known.others(frozenset(every), actor, day)
        assert (told(peers), number) == (said(others), len(used))
    hours: dict[int, int] = defaultdict(int)
    for (actor, hour, _), requests in asked.items():
        if actor == "ws-1":
            hours[hour] += requests
    own = known.own("ws-1", day)
    before = [n for hour, n in hours.items() if (day - WINDOW) * 24 <= hour < day * 24]
    assert (own.hours, own.median_hour, own.mad_hour) == said(before)[:3]
    most = max((n for hour, n in hours.items() if hour // 24 == day), default=0)
    assert known.busiest("ws-1", day * DAY, day * DAY + DAY - 1)[1] == most
