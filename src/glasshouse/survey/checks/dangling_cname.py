"""A CNAME record in; out, whether it leads to a name that does not exist, and who could claim that name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import lists, words
from glasshouse.survey.world import World

TITLE = "Alias leads to a name that does not exist"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "high"
REMEDY = "Delete the CNAME record first, then whatever is left of the service behind it"
VANISHES = "the alias, from public DNS; passive DNS keeps old answers"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live aliases of ours whose question for an address was answered with NXDOMAIN.

    NXDOMAIN is about the last name of the chain (RFC 2308). Whether that name is free to be claimed cannot
    be told from outside: for services where anybody may take a name, it is said that it could be.
    """
    fact = item.fact
    if fact.type != "CNAME" or not fact.live or not world.owned(words.plain(fact.name)):
        return
    links = words.chain(world, fact.name) or [item]
    end = words.target(links[-1].fact)
    gone = words.absent(world, end) or words.absent(world, fact.name, "A", "AAAA")
    if not gone:
        return
    suffix = words.suffix_of(end, _claimable())
    says = f"{fact.name} is an alias of {end}, which does not exist"
    if suffix is None:
        yield Hit(key=fact.key, about=fact.name, says=says, evidence=(item, *gone))
        return
    says += f"; it could be claimed by anybody if it is unregistered at {_claimable()[suffix]}"
    yield Hit(key=fact.key, about=fact.name, says=says, evidence=(item, *gone), level="critical")


@cache
def _claimable() -> dict[str, str]:
    return {
        one["suffix"]: one["service"]
        for one in lists.entries("takeover_services")
        if one["shows"] == "nxdomain"
    }
