"""A service in; out, whether it shows a certificate that was revoked."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, issuances, place, seen, sure
from glasshouse.survey.world import World

TITLE = "Revoked certificate in use"
TECHNIQUE = "T1596.003"
ON = "service"
LEVEL: Level = "high"
REMEDY = "Install another certificate with a new key, and find out why the old one was revoked"
VANISHES = "the revoked certificate from scan databases, at their next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires when a certificate database says that the certificate of a service of ours is revoked."""
    fact = item.fact
    revoked = [one for one in issuances(fact, world) if one.fact.revoked]
    ours = holder(fact, world) if revoked else None
    if ours:
        yield Hit(
            key=fact.key,
            about=ours[0],
            says=f"{place(fact)} showed a certificate on {day(seen(item))} "
            f"that is revoked, as {revoked[0].database} says",
            evidence=(item, *revoked),
            confidence=sure(item, world, ours[1]),
        )
