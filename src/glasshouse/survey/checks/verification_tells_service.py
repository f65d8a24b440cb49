"""A TXT record in; out, whether it tells everybody that we use a service."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Verification record tells which service we use"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "informational"
REMEDY = "Delete the record once the service has read it, where the service allows that"
VANISHES = "that we use the service, from public DNS; passive DNS keeps old answers"
M1056 = True


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live TXT records of ours by which services prove that a domain is ours."""
    fact = item.fact
    if fact.type != "TXT" or not fact.live or not (service := words.verifies(fact.data)):
        return
    if world.owned(words.plain(fact.name)):
        says = f"a TXT record of {fact.name} tells that {service} is used"
        yield Hit(key=f"{fact.name} TXT {service}", about=fact.name, says=says, evidence=(item,))
