"""A registration in; out, whether a domain or block of ours ends soon or has ended."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Registration ends soon"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "high"
REMEDY = "Renew it now, and switch automatic renewal on at the registrar"
VANISHES = "the near end, from registration data"
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires from ``expiry_days`` before the end on; critical once it is over.

    Of several databases the one that knows the latest end counts: some show the end before a renewal.
    """
    fact = item.fact
    if fact.expires is None or not words.keeper(fact, world):
        return
    said = [one.fact.expires for one in world.registrations(fact.name) if one.fact.object == fact.object]
    ends = max(one for one in said if one is not None)
    if fact.expires != ends or ends - world.now > world.policy.expiry_days * words.DAY:
        return
    over = ends <= world.now
    says = f"the registration of {fact.name} {'ended' if over else 'ends'} on {words.day(ends)}"
    if fact.registrar:
        says += f", at {fact.registrar}"
    yield Hit(
        key=f"{fact.key} expires",
        about=fact.name,
        says=says,
        evidence=(item,),
        level="critical" if over else None,
        due=ends,
    )
