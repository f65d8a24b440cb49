"""A certificate in; out, whether it is for a name that is not ours and looks like one of ours."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import day, lives, organisation
from glasshouse.survey.words import likeness
from glasshouse.survey.world import World, registrable

TITLE = "Certificate for a look-alike name"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "medium"
REMEDY = "Watch the name, warn staff, and ask its registrar and the certificate's issuer to take it down"
VANISHES = ""
M1056 = False


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on names that look like a domain of ours; higher while the certificate is alive."""
    fact = item.fact
    told: set[str] = set()
    for name in fact.names:
        domain = registrable(name)
        if domain is None or domain in told or world.owned(name.removeprefix("*.")) or world.owned(domain):
            continue
        told.add(domain)
        found = _likeness(name, domain, world)
        if found:
            yield Hit(
                key=domain,
                about=found[0],
                says=f"{organisation(fact.issuer)} issued a certificate for {name} "
                f"from {day(fact.not_before)}: {found[1]} {found[0]}",
                evidence=(item,),
                level="high" if lives(fact, world) else None,
                confidence="medium",
            )


def _likeness(name: str, domain: str, world: World) -> tuple[str, str] | None:
    kept: dict[str, tuple[str, str] | None] = world.memo("lookalike_certificate", lambda _world: {})
    at = name.removeprefix("*.")
    if at not in kept:
        kept[at] = likeness(at, world.memo("lookalike_certificate.ours", _ours)) if domain else None
    return kept[at]


def _ours(world: World) -> frozenset[str]:
    return frozenset(one.value for one in world.assets if one.type in ("domain", "hostname"))
