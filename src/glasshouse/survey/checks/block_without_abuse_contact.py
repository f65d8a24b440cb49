"""A registration in; out, whether nobody can report abuse of a block or AS of ours."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Address block without abuse contact"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "low"
REMEDY = "Add an abuse contact with a read mailbox at the regional registry"
VANISHES = ""
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on blocks and AS of ours that are registered with contacts, none of which is for abuse.

    A registration without any contact may be a short answer: nothing is said of it.
    """
    fact = item.fact
    if fact.object not in ("network", "asn") or not fact.contacts or not words.keeper(fact, world):
        return
    said = [contact for one in world.registrations(fact.name) for contact in one.fact.contacts]
    if not any(contact.role == "abuse" for contact in said):
        says = f"{fact.name} is registered with no contact for abuse"
        yield Hit(key=f"{fact.key} abuse", about=fact.name, says=says, evidence=(item,))
