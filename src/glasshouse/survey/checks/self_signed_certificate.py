"""A service in; out, whether it shows a certificate that nobody vouches for."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, place, seen, sure, web
from glasshouse.survey.world import World

TITLE = "Self-signed certificate"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Install a certificate of an issuer that clients trust, or close the service"
VANISHES = "the certificate, from scan databases at their next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on self-signed certificates; lower where no browser comes, as with remote desktops."""
    fact = item.fact
    ours = holder(fact, world) if fact.self_signed else None
    if ours:
        named = f" for {fact.certificate_names[0]}" if fact.certificate_names else ""
        yield Hit(
            key=fact.key,
            about=ours[0],
            says=f"{place(fact)} showed a self-signed certificate{named} on {day(seen(item))}",
            evidence=(item,),
            level=None if web(fact) else "low",
            confidence=sure(item, world, ours[1]),
        )
