"""A CAA record in; out, whether it lets an issuer in that no certificate of ours comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import lists, words
from glasshouse.survey.world import World, registrable

TITLE = "CAA names an issuer that is not used"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Delete the CAA record of the issuer that is not used"
VANISHES = "the issuer that is not used, from DNS"
M1056 = False
_COLLECTORS = ("crtsh", "certspotter")


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on ``issue`` records of ours when the certificates in the logs come from others only.

    Only where a database of certificates answered completely about the domain and knows some that have not
    ended; and only for issuers whose certificates we can tell by their name.
    """
    fact = item.fact
    if fact.type != "CAA" or not fact.live or not world.owned(fact.name):
        return
    said, domain = words.caa(fact.data), registrable(fact.name)
    if said is None or said[0] not in ("issue", "issuewild") or said[1] not in _issuers() or domain is None:
        return
    if not any(world.was_asked(one, domain) for one in _COLLECTORS):
        return
    used = world.memo("caa-wide", _used).get(domain)
    if used and not any(word in issuer for issuer in used for word in _issuers()[said[1]]):
        says = f"{fact.name} lets {said[1]} give certificates, which gave none of {domain} that is valid"
        yield Hit(key=f"{fact.name} CAA {said[0]} {said[1]}", about=fact.name, says=says, evidence=(item,))


@cache
def _issuers() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in lists.entries("caa_issuers"):
        found[one["caa"]] = (*found.get(one["caa"], ()), one["issuer"].casefold())
    return found


def _used(world: World) -> Mapping[str, set[str]]:
    """Issuers of certificates that have not ended, by registered domain."""
    found: dict[str, set[str]] = {}
    for one in world.of(Certificate):
        if one.fact.not_after is None or one.fact.not_after > world.now:
            for domain in {registrable(name) for name in one.fact.names}:
                if domain:
                    found.setdefault(domain, set()).add(one.fact.issuer.casefold())
    return found
