"""An asset in; out, whether unusually many certificates were issued for its domain in one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.known import Asset
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import DAY, day, own_names
from glasshouse.survey.world import World, registrable

TITLE = "Burst of certificates"
TECHNIQUE = "T1596.003"
ON = "asset"
LEVEL: Level = "medium"
REMEDY = (
    "Ask who ordered them: automation that fails and starts again, or somebody else who controls DNS or web"
)
VANISHES = ""
M1056 = False
_Days = dict[int, dict[str, Observation[Certificate]]]


def check(item: Asset, world: World) -> Iterator[Hit]:
    """Fires when ``burst`` or more started on one of the last ``stale_days`` days."""
    domain = registrable(item.value) if item.type in ("domain", "hostname") else None
    days = world.memo("issuance_burst", _days).get(domain or "")
    if not domain or not days:
        return
    at, found = max(days.items(), key=lambda one: (len(one[1]), one[0]))
    if len(found) >= world.policy.burst:
        says = f"{len(found)} certificates for names of {domain} start on {day(at * DAY)}"
        yield Hit(key=domain, about=item.value, says=says, evidence=tuple(found.values())[:20])


def _days(world: World) -> dict[str, _Days]:
    """The certificates of the last days, each once, by domain and day."""
    found: dict[str, _Days] = defaultdict(lambda: defaultdict(dict))
    since = world.now - world.policy.stale_days * DAY
    for one in world.of(Certificate):
        start = one.fact.not_before
        if start is not None and since <= start <= world.now:
            for domain in {registrable(name) for name in own_names(one.fact, world)} - {None}:
                found[domain or ""][start // DAY].setdefault(one.fact.key, one)
    return found
