"""Keys of one actor and keys of several: judged day by day or at once, the alerts are the same."""

from __future__ import annotations

import random
from dataclasses import replace
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
from glasshouse.records import Client, Lookup
from glasshouse.watch.actors import node
from glasshouse.watch.detect import load_rules
from glasshouse.watch.detect.chapters import apart
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.plan import Limit
from lake_samples import DAY, HOUR, START, lookup

RULES = load_rules()


@pytest.fixture(autouse=True)
def _rules_once(monkeypatch):
    monkeypatch.setattr(flow_detect, "load_rules", lambda _extra: RULES)
    monkeypatch.setattr(flow_detect, "load", cache(load))


def put(home: Path, lookups: list[Lookup]) -> None:
    with store.writing(home) as lake:
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in lookups]))


def users_of_keys(seed: int) -> list[Lookup]:
    """Some weeks of keys that mostly one account uses from one address, and now and then another does."""
    draw = random.Random(seed)
    found: list[Lookup] = []
    for _ in range(120):
        key = draw.randrange(6)
        who = key if draw.random() < 0.9 else draw.randrange(6)
        ip = f"192.0.2.{who}" if draw.random() < 0.9 else f"192.0.2.{100 + who}"
        begin = START + draw.randrange(140) * DAY + draw.randrange(24) * HOUR
        for step in range(draw.choice([1, 1, 30])):
            found.append(
                lookup(
                    begin + step * 20_000_000, "shodan", len(found), ip=ip, host=f"ws{who}",
                    user=draw.choice([None, f"u{who}", f"EXAMPLE\\u{who}"]), client=Client("script", "curl"),
                    key_fingerprint=f"hmac-sha256:{key:04d}" if draw.random() < 0.8 else None,
                )
            )  # fmt: skip
    return sorted(found, key=lambda x: x.time + (draw.random() < 0.1) * draw.randint(0, 40 * DAY))


@pytest.mark.parametrize("seed", range(4))
def test_day_by_day_is_at_once(seed, tmp_path):
    lookups, draw = users_of_keys(seed), random.Random(seed)
    at = 0
    while at < len(lookups):
        size = draw.randint(1, 90)
        put(tmp_path, lookups[at : at + size])
        detect(Options(home=tmp_path))
        at += size
    step_by_step = {alert.id: alert for alert in current(Options(home=tmp_path))}
    assert any("shared_key_accounts" in alert.rules for alert in step_by_step.values())
    again = detect(Options(home=tmp_path), full=True)
    assert (again.changes.new, again.changes.changed, again.changes.superseded) == (0, 0, 0)
    assert {alert.id: alert for alert in current(Options(home=tmp_path))} == step_by_step


def test_a_second_account_reaches_the_first(tmp_path):
    def use(day: int, who: str) -> Lookup:
        return lookup(
            START + day * DAY, "shodan", day, ip=f"192.0.2.{day}", user=who, host=None,
            key_fingerprint="hmac-sha256:1", client=Client("script", "curl"),
        )  # fmt: skip

    put(tmp_path, [use(1, "u1")])
    detect(Options(home=tmp_path))
    put(tmp_path, [use(25, "u2")])
    detect(Options(home=tmp_path))
    shared = [alert for alert in current(Options(home=tmp_path)) if "shared_key_accounts" in alert.rules]
    assert sorted(alert.users for alert in shared) == [("u1",), ("u2",)]


def test_what_the_shipped_rules_need_of_a_key():
    assert apart(RULES) == {"user": 2, "ip": 2}


def test_a_rule_that_counts_uses_of_a_key_needs_them_all():
    rule = next(one for one in RULES.rules if one.key == "shared_key_accounts")
    plan = rule.correlation
    assert plan is not None
    for other in (
        replace(plan, type="event_count", field=None),
        replace(plan, field="day"),
        replace(plan, limits=(Limit("lt", 3),)),
        replace(plan, rules=(*plan.rules, rule.key)),
    ):
        changed = replace(rule, key="other", correlation=other)
        assert apart(RuleSet((*RULES.rules, changed), ())) is None
