"""A CNAME record in; out, whether the service behind it shows its page for names nobody claimed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation, Service
from glasshouse.records import Level
from glasshouse.survey import lists, words
from glasshouse.survey.world import World

TITLE = "Alias leads to a service that shows nobody claimed it"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Look at the page; where the service is no longer ours, delete the CNAME record"
VANISHES = "the alias, from public DNS; passive DNS keeps old answers"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires when a scan database saw, under our name, the page such a service has for unclaimed names."""
    fact = item.fact
    if fact.type != "CNAME" or not fact.live:
        return
    suffix = words.suffix_of(words.target(fact), _services())
    if suffix is None or not world.owned(fact.name):
        return
    phrase, service = _services()[suffix]["phrase"].casefold(), _services()[suffix]["service"]
    for one in world.memo("unclaimed-service", _by_name).get(fact.name, ()):
        if phrase in f"{one.fact.title} {one.fact.banner}".casefold():
            says = f"{fact.name} leads to {service}, which answers as for a name nobody claimed: needs a look"
            yield Hit(key=fact.key, about=fact.name, says=says, evidence=(item, one), confidence="low")
            return


@cache
def _services() -> Mapping[str, Mapping[str, str]]:
    return {one["suffix"]: one for one in lists.entries("takeover_services") if one["shows"] == "page"}


def _by_name(world: World) -> Mapping[str, list[Observation[Service]]]:
    found: dict[str, list[Observation[Service]]] = {}
    for one in world.of(Service):
        for name in one.fact.hostnames:
            found.setdefault(name, []).append(one)
    return found
