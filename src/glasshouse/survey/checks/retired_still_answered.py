"""An asset in; out, whether the inventory calls it retired and the public still finds it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.known import Asset
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Retired asset is still in DNS"
TECHNIQUE = "T1596.001"
ON = "asset"
LEVEL: Level = "medium"
REMEDY = "Delete its records and let its certificates and addresses go, or correct the inventory"
VANISHES = "the name and where it leads, from public DNS; passive DNS keeps old answers"
M1056 = True
_RETIRED = ("retired", "decommissioned", "disposed", "end of life", "end-of-life", "eol", "shut down")
_WEEK = 7 * words.DAY


def check(item: Asset, world: World) -> Iterator[Hit]:
    """Fires on assets whose environment says retired, answered now or seen by passive DNS within a week."""
    if (item.environment or "").strip().casefold() not in _RETIRED:
        return
    seen = world.pointing(item.value) if item.type == "ip" else world.records(item.value)
    fresh = [one for one in seen if one.fact.live or world.now - (one.fact.last_seen or 0) < _WEEK]
    if fresh:
        how = "is still answered" if any(one.fact.live for one in fresh) else "was still seen this week"
        what = words.listed(_words(one) for one in fresh)
        says = f"{item.value} is retired in the inventory and {how}: {what}"
        yield Hit(key=item.value, about=item.value, says=says, evidence=tuple(fresh))


def _words(one: Observation[DnsRecord]) -> str:
    return f"{one.fact.name} {one.fact.type} {one.fact.data}"
