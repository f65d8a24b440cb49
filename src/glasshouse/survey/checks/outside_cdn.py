"""A DNS record in; out, whether a name that must be served through a CDN leads past it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation, Range
from glasshouse.records import Level
from glasshouse.survey.lists import behind
from glasshouse.survey.world import World, covers

TITLE = "Name outside the CDN"
TECHNIQUE = "T1596.004"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Serve the name through the CDN, then move the server to a new address"
VANISHES = "the address, from DNS; passive DNS keeps it"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on living addresses of names in ``behind_cdn``; only where the CDNs' ranges are known."""
    fact = item.fact
    wanted = world.policy.behind_cdn
    if not wanted or not fact.live or fact.type not in ("A", "AAAA"):
        return
    if not any(covers(one, fact.name) for one in wanted) or not world.owned(fact.name):
        return
    if not world.memo("outside_cdn", _ranges) or behind(fact.name, world):
        return
    if not world.provider(fact.data, "cdn", "waf"):
        says = f"{fact.name} leads to {fact.data}, which belongs to no CDN, although the policy wants one"
        yield Hit(key=fact.name, about=fact.name, says=says, evidence=(item,))


def _ranges(world: World) -> bool:
    return any(one.fact.role in ("cdn", "waf") for one in world.of(Range))
