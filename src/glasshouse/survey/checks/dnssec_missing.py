"""The answer to a question for DS in; out, whether a domain of ours is not signed."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Domain without DNSSEC"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "medium"
REMEDY = "Sign the zone and give the DS record to the registrar"
VANISHES = "that the domain is not signed, from DNS and registration data"
M1056 = False


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires when the parent of a domain of ours answered that there is no DS record."""
    fact = item.fact
    if fact.type != "DS" or not words.is_apex(fact.name, world):
        return
    if fact.rcode != "NOERROR" or words.answered(item, world) != []:
        return
    if any(one.fact.signed for one in world.registrations(fact.name)):
        return  # the registry says otherwise: not known
    keys = world.records(fact.name, "DNSKEY", live=True)
    says = f"{fact.name} has no DS record: answers for it cannot be checked"
    if keys:
        says = f"{fact.name} is signed, but its parent has no DS record: nobody checks the signatures"
    yield Hit(key=f"{fact.name} DS", about=fact.name, says=says, evidence=(item, *keys))
