"""A service in; out, whether it is the server behind a content delivery network, reachable past it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import behind, day, place, seen, sure, web
from glasshouse.survey.world import World

TITLE = "Origin reachable past the CDN"
TECHNIQUE = "T1596.004"
ON = "service"
LEVEL: Level = "high"
REMEDY = "Let only the CDN's addresses in (or ask for its client certificate), then move to a new address"
VANISHES = "the service, from scan databases at their next visit; passive DNS keeps the old address"
M1056 = False
_Told = dict[str, Observation[DnsRecord]]


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on web services at an address that is not the CDN's but ties to a name of ours behind one.

    What ties: passive DNS, a certificate for exactly that name, or the host names the database gives. Two
    together are sure; a wildcard certificate alone ties nothing.
    """
    fact = item.fact
    if not web(fact) or world.provider(fact.ip, "cdn", "waf"):
        return
    past = _past(fact.ip, world)
    named = {one for one in fact.certificate_names if _hidden(one, world)}
    listed = {one for one in fact.hostnames if _hidden(one, world)}
    for name in sorted({*past, *named, *listed}):
        reasons = [
            word
            for word, has in (
                (f"passive DNS ({past[name].database})" if name in past else "", name in past),
                ("its certificate", name in named),
                ("its host name", name in listed),
            )
            if has
        ]
        yield Hit(
            key=f"{name} {fact.ip}",
            about=name,
            says=f"{name} is served through {behind(name, world)}, and {place(fact)} ties to it by "
            f"{' and '.join(reasons)}; {item.database} reached it on {day(seen(item))}",
            evidence=(item, *([past[name]] if name in past else [])),
            confidence=sure(item, world, "high" if len(reasons) > 1 else "medium"),
        )


def _hidden(name: str, world: World) -> bool:
    return not name.startswith("*.") and world.owned(name) is not None and behind(name, world) is not None


def _past(ip: str, world: World) -> _Told:
    """Names of ours behind a CDN that passive DNS has seen at an address."""
    kept: dict[str, _Told] = world.memo("origin_reachable", lambda _world: {})
    if ip not in kept:
        kept[ip] = {
            one.fact.name: one
            for one in world.pointing(ip, "A", "AAAA")
            if not one.fact.live and _hidden(one.fact.name, world)
        }
    return kept[ip]
