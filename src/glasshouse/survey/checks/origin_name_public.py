"""A DNS record in; out, whether its name says that it is the server behind a CDN."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import behind, cdn_of, entries
from glasshouse.survey.world import World, registrable

TITLE = "Name of the origin in public DNS"
TECHNIQUE = "T1596.004"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Give the origin a name that says nothing, below another domain, and let only the CDN's addresses in"
VANISHES = "the name, from DNS; passive DNS keeps it"
M1056 = True
_LABELS = {one["label"] for one in entries("origin_labels")}


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on ``origin.``, ``direct.`` and the like where another name of the domain is behind a CDN."""
    fact = item.fact
    if fact.type not in ("A", "AAAA", "CNAME") or fact.name.partition(".")[0] not in _LABELS:
        return
    if not world.owned(fact.name) or behind(fact.name, world):
        return
    if fact.type != "CNAME" and world.provider(fact.data, "cdn", "waf"):
        return
    front = world.memo("origin_name_public", _fronts).get(registrable(fact.name) or "")
    if front:
        says = f"{fact.name} leads to {fact.data}, past {behind(front, world)} that serves {front}"
        yield Hit(key=fact.name, about=fact.name, says=says, evidence=(item,))


def _fronts(world: World) -> dict[str, str]:
    """A name behind a CDN for each domain that has one."""
    found: dict[str, str] = {}
    for one in world.of(DnsRecord):
        fact = one.fact
        if not fact.live or fact.type not in ("A", "AAAA", "CNAME") or not world.owned(fact.name):
            continue
        there = cdn_of(fact.data) if fact.type == "CNAME" else world.provider(fact.data, "cdn", "waf")
        domain = registrable(fact.name) if there and behind(fact.name, world) else None
        if domain:
            found[domain] = min(found.get(domain, fact.name), fact.name)
    return found
