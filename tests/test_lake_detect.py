"""Incremental detection over the lake gives what judging everything at once gives, whatever comes when."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pytest

from glasshouse import flow_detect
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.flow_detect import current, detect
from glasshouse.lake import batch, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.records import Alert, Lookup
from glasshouse.watch.actors import node
from glasshouse.watch.detect import detect as hunt
from glasshouse.watch.detect import load_rules
from glasshouse.watch.once import once
from glasshouse.watch.relay import without_relayed
from lake_samples import DAY, START, crowd

SEEDS = range(4)


@pytest.fixture(autouse=True)
def _rules_once(monkeypatch):
    rules = load_rules()
    monkeypatch.setattr(flow_detect, "load_rules", lambda _extra: rules)
    monkeypatch.setattr(flow_detect, "load", cache(load))


def put(home: Path, lookups: list[Lookup]) -> int:
    with store.writing(home) as lake:
        return batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in lookups]))


def by_id(alerts: list[Alert]) -> dict[str, Alert]:
    return {alert.id: alert for alert in alerts}


def deliver(home: Path, lookups: list[Lookup], seed: int) -> None:
    """In batches of any size: mostly in order, some late, some twice, judged now and then."""
    draw = random.Random(seed)
    waiting = sorted(lookups, key=lambda x: x.time + (draw.random() < 0.1) * draw.randint(0, 20 * DAY))
    while waiting:
        size = draw.randint(1, max(2, len(lookups) // 8))
        chosen, waiting = waiting[:size], waiting[size:]
        put(home, chosen)
        if draw.random() < 0.3:
            assert put(home, chosen) == 0
        if draw.random() < 0.6:
            detect(Options(home=home))
    detect(Options(home=home))


@pytest.mark.parametrize("seed", SEEDS)
def test_incremental_is_full(seed, tmp_path):
    lookups = crowd(seed)
    deliver(tmp_path / "a", lookups, seed)
    step_by_step = current(Options(home=tmp_path / "a"))
    put(tmp_path / "b", lookups)
    detect(Options(home=tmp_path / "b"), full=True)
    at_once = current(Options(home=tmp_path / "b"))
    assert at_once
    assert by_id(step_by_step) == by_id(at_once)
    again = detect(Options(home=tmp_path / "a"), full=True)
    assert (again.changes.new, again.changes.changed, again.changes.superseded) == (0, 0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_within_a_season_the_lake_says_what_a_hunt_says(seed, tmp_path):
    lookups = [x for x in crowd(seed, days=15) if x.time < START + 20 * DAY]
    deliver(tmp_path, lookups, seed)
    folded, _count = without_relayed(once(lookups))
    alerts, _statuses = hunt(folded, load_rules())
    assert by_id(current(Options(home=tmp_path))) == by_id(alerts)
