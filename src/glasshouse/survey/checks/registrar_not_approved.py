"""A registration in; out, whether a domain of ours stands at a registrar outside our policy."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Registrar outside policy"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "medium"
REMEDY = "Transfer the domain to an approved registrar, or approve this one in survey.policy.registrars"
VANISHES = "the other registrar, from WHOIS and RDAP"
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires where the settings name registrars, and neither name nor IANA id is one of them."""
    fact = item.fact
    allowed = {one.casefold() for one in world.policy.registrars}
    said = [one for one in (fact.registrar, fact.registrar_id) if one]
    if fact.object != "domain" or not allowed or not said or not world.owned(fact.name):
        return
    if not any(one.casefold() in allowed for one in said):
        says = f"{fact.name} is registered at {said[0]}, which is not on the list of approved registrars"
        yield Hit(key=f"{fact.key} registrar", about=fact.name, says=says, evidence=(item,))
