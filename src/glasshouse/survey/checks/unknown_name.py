"""An asset in; out, the names below it that databases know and neither inventory nor zone file does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.findings import Hit
from glasshouse.known import Asset
from glasshouse.observed import Certificate, DnsRecord, Fact, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World, registrable

TITLE = "Public name that is not in the inventory"
TECHNIQUE = "T1596.001"
ON = "asset"
LEVEL: Level = "high"
REMEDY = "Find its owner and put it into the inventory, or retire the name"
VANISHES = ""
M1056 = False
_Names = Mapping[str, list[Observation[Fact]]]


def check(item: Asset, world: World) -> Iterator[Hit]:
    """Fires on names in passive DNS and certificates below a domain of ours whose hosts we otherwise list.

    A domain of which the inventory names no host, and of which no zone file was read, is left out: nothing
    says then which of its names are known. What was last seen long ago counts for less.
    """
    if item.type != "domain":
        return
    for name, seen in world.memo("unknown-name", _unknown).get(registrable(item.value) or "", {}).items():
        if words.below(name, item.value) and world.owned(name) == item:
            fresh = any(_is_fresh(one.fact, world) for one in seen)
            databases = words.listed(one.database for one in seen)
            yield Hit(
                key=name,
                about=name,
                says=f"{name} stands in {databases} and not in the inventory",
                evidence=tuple(seen[:10]),
                level=None if fresh else "medium",
            )


def _is_fresh(fact: Fact, world: World) -> bool:
    last = fact.not_after if isinstance(fact, Certificate) else getattr(fact, "last_seen", None)
    return last is None or last > world.now - world.policy.stale_days * words.DAY


def _unknown(world: World) -> Mapping[str, _Names]:
    """Names nobody listed, by registered domain, of those domains whose hosts are listed."""
    known = {asset.value for asset in world.assets if asset.type in ("domain", "hostname")}
    found: dict[str, list[Observation[Fact]]] = {}
    for record in world.of(DnsRecord):
        if record.database == "own":
            known.add(record.fact.name)
        elif not record.fact.live:
            found.setdefault(record.fact.name, []).append(record)
    for certificate in world.of(Certificate):
        for name in certificate.fact.names:
            found.setdefault(name, []).append(certificate)
    listed = {registrable(name) for name in known if registrable(name) != name}
    grouped: dict[str, dict[str, list[Observation[Fact]]]] = {}
    for name, seen in found.items():
        domain = registrable(name) if name not in known and not name.startswith(("*", "_")) else None
        if domain and domain in listed:
            grouped.setdefault(domain, {})[name] = seen
    return grouped
