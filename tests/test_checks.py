"""Every check's examples in; the hits they must give, or none, out."""

from __future__ import annotations

import pytest

import survey_samples as samples
from glasshouse.leaf import checks
from glasshouse.observed import KINDS
from glasshouse.records import LEVELS

CASES = samples.check_examples()


def items(on: str, world) -> list:
    """What a check looks at in a world."""
    if on == "asset":
        return list(world.assets)
    if on == "change":
        return list(world.changes)
    if on == "tie":
        return list(world.ties)
    return [one for one in world.seen if one.kind == on]


@pytest.mark.parametrize(
    ("name", "half", "case"), CASES, ids=lambda v: v["says"] if isinstance(v, dict) else v
)
def test_example(name, half, case):
    leaf, world = checks()[name], samples.world(case)
    hits = [hit for item in items(leaf.ON, world) for hit in leaf.check(item, world)]
    assert sorted(hit.key for hit in hits) == sorted(case.get("hits", ())), [hit.says for hit in hits]
    assert bool(hits) == (half == "fires")
    for hit in hits:
        assert hit.says and hit.about and "None" not in hit.says
        assert hit.level is None or hit.level in LEVELS


@pytest.mark.parametrize("name", checks())
def test_fires_and_stays_quiet(name):
    leaf = checks()[name]
    assert {half for one, half, _ in CASES if one == name} == {"fires", "quiet"}
    assert leaf.ON in (*KINDS, "asset", "change", "tie")
    assert leaf.LEVEL in LEVELS
    assert leaf.TECHNIQUE.startswith("T1596.00")
    assert leaf.REMEDY and not leaf.REMEDY.endswith(".")


def test_an_empty_world_is_quiet():
    world = samples.world({"assets": []})
    assert [
        hit for leaf in checks().values() for item in items(leaf.ON, world) for hit in leaf.check(item, world)
    ] == []
