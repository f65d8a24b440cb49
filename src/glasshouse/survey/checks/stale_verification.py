"""A TXT record in; out, whether it is an old proof for a service that nobody took down."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Old verification record"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "low"
REMEDY = "Ask who uses the service; delete the record where nobody does, or where it was needed once only"
VANISHES = "which services we use or used, from public DNS; passive DNS keeps old answers"
M1056 = True
_OLD = 365 * words.DAY


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live proofs of ours that passive DNS saw a year ago, or that are several for one service.

    Whether the service is still in use cannot be seen from outside.
    """
    fact = item.fact
    if fact.type != "TXT" or not fact.live or not (service := words.verifies(fact.data)):
        return
    if not world.owned(words.plain(fact.name)):
        return
    texts = world.records(fact.name, "TXT")
    seen = [one for one in texts if one.fact.data == fact.data and one.fact.first_seen is not None]
    first = min((one.fact.first_seen for one in seen if one.fact.first_seen is not None), default=world.now)
    same = {one.fact.data for one in texts if one.fact.live and words.verifies(one.fact.data) == service}
    why = f"stands there since {words.day(first)} or longer" if world.now - first > _OLD else ""
    why = why or ("is one of several for it" if len(same) > 1 else "")
    if why:
        says = f"the proof for {service} at {fact.name} {why}"
        evidence = (item, *(one for one in seen if one is not item))
        yield Hit(key=fact.key, about=fact.name, says=says, evidence=evidence, confidence="low")
