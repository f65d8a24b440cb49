"""A service in; out, whether the certificate it shows ends soon and none has taken its place."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, issuances, place, seen, sure
from glasshouse.survey.world import World

TITLE = "Certificate in use ends soon"
TECHNIQUE = "T1596.003"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Renew it, install it, and let that happen by itself (ACME)"
VANISHES = "the old certificate from scan databases, at their next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires when less than ``life_share`` of its life is left, counted by share since lives get shorter."""
    fact = item.fact
    if not fact.certificate_serial:
        return
    ours = holder(fact, world)
    if not ours:
        return
    for one in issuances(fact, world):
        left = _left(one.fact, world)
        if left is not None and 0 < left < world.policy.life_share and not _replaced(one.fact, item, world):
            yield Hit(
                key=fact.key,
                about=ours[0],
                says=f"the certificate at {place(fact)} ends on {day(one.fact.not_after)}, "
                f"{left:.0%} of its life is left",
                evidence=(item, one),
                confidence=sure(item, world, ours[1]),
                due=one.fact.not_after,
            )
            return


def _left(fact: Certificate, world: World) -> float | None:
    """The share of its life that is left."""
    if fact.not_before is None or fact.not_after is None or fact.not_after <= fact.not_before:
        return None
    return (fact.not_after - world.now) / (fact.not_after - fact.not_before)


def _replaced(fact: Certificate, item: Observation[Service], world: World) -> bool:
    """Whether one with the same names was issued after the database last looked: it may be in place."""
    return bool(fact.names) and any(
        (one.fact.not_before or 0) > seen(item) and set(fact.names) <= set(one.fact.names)
        for one in world.certificates(fact.names[0])
    )
