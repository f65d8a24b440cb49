"""A service in; out, whether it carries our name at an address that is not in the inventory."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, led_here, place, product, seen, sure
from glasshouse.survey.world import World

TITLE = "Service with our name outside the inventory"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "high"
REMEDY = "Find out who runs it: take it into the inventory, or close it"
VANISHES = "the service, from scan databases at their next visit, once it is closed"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on addresses that are not ours, not a CDN's and where no name of ours leads, but that carry one.

    A certificate or reverse DNS carries the name; both could be set by anybody, so this is never quite sure.
    """
    fact = item.fact
    if not fact.hostnames and not fact.certificate_names:
        return
    if world.owned(fact.ip) or world.provider(fact.ip, "cdn", "waf") or led_here(fact.ip, world):
        return
    shown = sorted(one for one in fact.certificate_names if world.owned(one.removeprefix("*.")))
    named = sorted(one for one in fact.hostnames if world.owned(one))
    if not shown and not named:
        return
    name = (named or shown)[0]
    by = "a certificate for it" if shown else "its host name"
    yield Hit(
        key=fact.key,
        about=name.removeprefix("*."),
        says=f"{place(fact)} ({product(fact)}) carries {name} by {by}, and the inventory does not have "
        f"{fact.ip}; seen by {item.database} on {day(seen(item))}",
        evidence=(item,),
        confidence=sure(item, world, "medium" if shown else "low"),
    )
