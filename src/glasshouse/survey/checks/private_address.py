"""A DNS record in; out, whether it shows an address of an internal network to everybody."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Internal address in public DNS"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Serve this name from the internal name servers only (split horizon) and delete the public record"
VANISHES = "the name and the internal address, from public DNS; passive DNS keeps old answers"
M1056 = True
# RFC 1918, RFC 6598, RFC 4193, RFC 3927, RFC 4291
_INSIDE = tuple(
    ipaddress.ip_network(one)
    for one in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "fc00::/7",
        "169.254.0.0/16",
    )
)


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on A and AAAA records of ours with an address that is not routed on the internet."""
    fact = item.fact
    if fact.type not in ("A", "AAAA") or not world.owned(fact.name):
        return
    address = parse.ip(fact.data)
    if address and any(address in one for one in _INSIDE if one.version == address.version):
        yield Hit(key=fact.key, about=fact.name, says=f"{fact.name} leads to {fact.data}", evidence=(item,))
