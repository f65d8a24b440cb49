"""A DNS record in; out, whether it remembers where a name was served before it went behind a CDN."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import DAY, behind, day, web
from glasshouse.survey.world import World

TITLE = "Passive DNS remembers the origin"
TECHNIQUE = "T1596.004"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Passive DNS keeps it: move the origin to a new address and let only the CDN's addresses in"
VANISHES = ""
M1056 = False
_LONG = 365 * DAY


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on old addresses outside the CDN; whether they still answer is for ``origin_reachable``."""
    fact = item.fact
    if fact.live or fact.type not in ("A", "AAAA") or not world.owned(fact.name):
        return
    provider = behind(fact.name, world)
    if not provider or world.provider(fact.data, "cdn", "waf"):
        return
    if any(web(one.fact) for one in world.services(fact.data)):
        return
    long_ago = fact.last_seen is None or fact.last_seen < world.now - _LONG
    yield Hit(
        key=f"{fact.name} {fact.data}",
        about=fact.name,
        says=f"{fact.name} is served through {provider} now, and {item.database} saw it at {fact.data} "
        f"until {day(fact.last_seen)}; whether that address still answers is not known",
        evidence=(item,),
        confidence="low" if long_ago else "medium",
    )
