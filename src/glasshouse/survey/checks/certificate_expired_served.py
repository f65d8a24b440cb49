"""A service in; out, whether the certificate it showed had ended by then."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, issuances, place, sure
from glasshouse.survey.world import World

TITLE = "Expired certificate in use"
TECHNIQUE = "T1596.003"
ON = "service"
LEVEL: Level = "high"
REMEDY = "Install a valid certificate, or close the service if nobody missed it"
VANISHES = "the expired certificate from scan databases, at their next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires when the database saw the certificate after its end; what ended since then may be replaced."""
    fact = item.fact
    if not fact.certificate_serial or fact.last_seen is None:
        return
    ended = [one for one in issuances(fact, world) if (one.fact.not_after or fact.last_seen) < fact.last_seen]
    ours = holder(fact, world) if ended else None
    if ours:
        yield Hit(
            key=fact.key,
            about=ours[0],
            says=f"{place(fact)} showed a certificate on {day(fact.last_seen)} "
            f"that had ended on {day(ended[0].fact.not_after)}",
            evidence=(item, *ended),
            confidence=sure(item, world, ours[1]),
            due=ended[0].fact.not_after,
        )
