"""An NS record in; out, whether a name of ours is given to a name server outside our policy."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Name server outside policy"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "high"
REMEDY = "Move the zone to an approved name server, or approve this one in survey.policy.name_servers"
VANISHES = "the name server, from public DNS and registration data"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live NS records of ours whose server is not below a domain that the settings allow."""
    fact, allowed = item.fact, world.policy.name_servers
    if fact.type != "NS" or not fact.live or not allowed or not world.owned(fact.name):
        return
    server = words.target(fact)
    if not any(words.below(server, one) for one in allowed):
        says = f"{fact.name} is served by {server}, and the settings allow {words.listed(allowed)} only"
        yield Hit(key=fact.key, about=fact.name, says=says, evidence=(item,))
