"""The answer to a question for NS in; out, whether one broken network takes a whole domain of ours down."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "All name servers stand in one place"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "low"
REMEDY = "Add a name server in another network, better at another provider (RFC 2182)"
VANISHES = "that one network holds all name servers, from DNS"
M1056 = False
_PREFIX = {4: 24, 6: 48}


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires on a single name server, and when all addresses of all of them share a /24 (IPv6: a /48)."""
    fact = item.fact
    if fact.type != "NS" or not words.is_apex(fact.name, world):
        return
    said = words.answered(item, world)
    if not said:
        return
    servers = sorted({words.target(one.fact) for one in said})
    addresses = {name: world.records(name, "A", "AAAA", live=True) for name in servers}
    networks = {_network(one.fact.data) for seen in addresses.values() for one in seen}
    if len(servers) == 1:
        says = f"{fact.name} has one name server only: {servers[0]}"
    elif len(networks) == 1 and all(addresses.values()):
        says = f"all name servers of {fact.name} stand in {networks.pop()}: {words.listed(servers)}"
    else:
        return
    shown = [one for seen in addresses.values() for one in seen]
    yield Hit(key=f"{fact.name} NS", about=fact.name, says=says, evidence=(item, *said, *shown))


def _network(address: str) -> str:
    found = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((found, _PREFIX[found.version]), strict=False))
