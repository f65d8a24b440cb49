"""A service in; out, whether a machine that is not ours shows the same host key or favicon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import holder, place, several, sure
from glasshouse.survey.world import World

TITLE = "Same host key or favicon elsewhere"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Find out whose it is: a machine outside the inventory, an image with keys in it, or a copy of us"
VANISHES = ""
M1056 = False
_COMMON = 20  # addresses with one favicon: it comes with a product then
_Marks = dict[str, dict[str, Observation[Service]]]


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on services of ours whose SSH host key, or favicon seen at few places, others show as well.

    JARM and JA4S tell the configuration, not the machine, and are left out.
    """
    fact = item.fact
    if not fact.host_key and not fact.favicon:
        return
    ours = holder(fact, world)
    if not ours or ours[1] != "high":
        return
    marks = world.memo("shared_fingerprint", _marks)
    for what, mark in _of(fact):
        others = marks.get(mark, {})
        if others and (what == "SSH host key" or len(others) <= _COMMON):
            shown = several(tuple(sorted(others)))
            yield Hit(
                key=f"{fact.key} {what}",
                about=ours[0],
                says=f"{place(fact)} has the same {what} as {shown}, not ours as far as is known",
                evidence=(item, *list(others.values())[:5]),
                confidence=sure(item, world, "high" if what == "SSH host key" else "low"),
            )


def _of(fact: Service) -> Iterator[tuple[str, str]]:
    if fact.host_key:
        yield "SSH host key", f"key {fact.host_key}"
    if fact.favicon and fact.favicon != "0":
        yield "favicon", f"favicon {fact.favicon}"


def _marks(world: World) -> _Marks:
    """What addresses that are not surely ours, nor a CDN's, show: the first service of each."""
    found: _Marks = defaultdict(dict)
    for one in world.of(Service):
        if not one.fact.host_key and not one.fact.favicon:
            continue
        ours = holder(one.fact, world)
        if (ours is None or ours[1] != "high") and not world.provider(one.fact.ip, "cdn", "waf"):
            for _, mark in _of(one.fact):
                found[mark].setdefault(one.fact.ip, one)
    return found
