"""A DNS record in; out, whether it leads to a host of a CDN that does not exist there."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey.lists import suffix_of
from glasshouse.survey.world import World

TITLE = "Alias to a CDN host that is gone"
TECHNIQUE = "T1596.004"
ON = "record"
LEVEL: Level = "critical"
REMEDY = "Delete the CNAME now, or take the host at the CDN again"
VANISHES = "the alias, from DNS; passive DNS keeps it"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on living CNAMEs to a CDN whose target does not exist (NXDOMAIN), and on nothing less.

    Whether somebody else could take the host there is for its owner to look up: where customers do not
    choose their hosts' names the level is lower.
    """
    fact = item.fact
    if fact.type != "CNAME" or not fact.live or not world.owned(fact.name):
        return
    network = suffix_of("cdn_suffixes", fact.data)
    gone = _gone(fact, world) if network else []
    if not network or not gone:
        return
    chosen = network["chosen"] == "yes"
    could = "could be claimed there if it is free" if chosen else "is not a name that others can choose"
    yield Hit(
        key=fact.key,
        about=fact.name,
        says=f"{fact.name} leads to {fact.data} ({network['provider']}), which does not exist and {could}",
        evidence=(item, *gone[:2]),
        level=None if chosen else "high",
        confidence="medium",
    )


def _gone(fact: DnsRecord, world: World) -> list[Observation[Resolution]]:
    """The answers that say so: about the target, or about the name itself, whose answer covers the chain."""
    answers = world.resolutions(fact.data, "A", "AAAA") or world.resolutions(fact.name, "A", "AAAA")
    if any(one.fact.rcode != "NXDOMAIN" for one in answers) or world.records(fact.data, live=True):
        return []
    return answers
