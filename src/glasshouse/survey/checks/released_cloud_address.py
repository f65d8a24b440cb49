"""An address record in; out, whether it leads into a provider's cloud to an address that is not ours."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Name leads to a cloud address that we do not hold"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "high"
REMEDY = "Delete the record, or reserve the address and add it to the inventory"
VANISHES = "the record, from public DNS; passive DNS keeps old answers"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live addresses of ours in a cloud whose addresses our inventory otherwise holds.

    Where the inventory holds no address of that cloud, nothing can be said. Shared front ends of a CDN have
    no owner and are left out.
    """
    fact = item.fact
    if fact.type not in ("A", "AAAA") or not fact.live or not world.owned(fact.name):
        return
    cloud = world.provider(fact.data, "cloud")
    if cloud is None or world.owned(fact.data) or world.provider(fact.data, "cdn", "waf"):
        return
    if cloud.provider in world.memo("released-cloud-address", _held):
        yield Hit(
            key=fact.key,
            about=fact.name,
            says=f"{fact.name} leads to {fact.data} in the cloud of {cloud.provider}, and the inventory, "
            f"which holds other addresses there, does not hold this one",
            evidence=(item,),
            confidence="medium",
        )


def _held(world: World) -> frozenset[str]:
    """The clouds that the inventory holds addresses of."""
    found = set()
    for asset in world.assets:
        if asset.type in ("ip", "cidr"):
            try:
                network = ipaddress.ip_network(asset.value, strict=False)
            except ValueError:
                continue
            held = world.provider(str(network[0]), "cloud")
            found |= {held.provider} if held else set()
    return frozenset(found)
