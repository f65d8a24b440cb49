"""A certificate in; out, whether its key can stand for every name below one of ours."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import day, lives, organisation
from glasshouse.survey.world import World

TITLE = "Wildcard certificate"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "medium"
REMEDY = "Give each host a certificate of its own, or keep the wildcard's key on one machine only"
VANISHES = "nothing at once: the log keeps the entry; the next certificates no longer stand for every name"
M1056 = False


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires once for each wildcard of ours with a living certificate."""
    fact = item.fact
    if not lives(fact, world):
        return
    for name in fact.names:
        if name.startswith("*.") and world.owned(name[2:]):
            says = (
                f"a certificate of {organisation(fact.issuer)} until {day(fact.not_after)} stands for {name}"
            )
            yield Hit(key=name, about=name[2:], says=says, evidence=(item,))
