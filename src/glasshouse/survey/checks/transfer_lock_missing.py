"""A registration in; out, whether a key domain of ours may be moved to another registrar."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Key domain is not locked"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "high"
REMEDY = "Set clientTransferProhibited at the registrar; for the most important domains order a registry lock"
VANISHES = "that the domain can be moved, from registration data"
M1056 = False
_LOCKS = {"clientTransferProhibited", "serverTransferProhibited"}
_KEY = ("high", "critical")


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on key domains whose statuses are known in every database that has it, and hold no lock.

    Key domains are those of the settings, otherwise those of high criticality. Registries of countries
    often know no such lock, or show none: what is said of them counts for less.
    """
    fact, asset = item.fact, world.owned(item.fact.name)
    if fact.object != "domain" or asset is None or not fact.statuses:
        return
    keys = world.policy.key_domains
    if fact.name not in keys and (keys or asset.criticality not in _KEY):
        return
    said = {status for one in world.registrations(fact.name) for status in one.fact.statuses}
    if not said & _LOCKS:
        says = f"{fact.name} may be transferred: its statuses are {words.listed(sorted(said), 8)}"
        country = len(fact.name.rpartition(".")[2]) == 2
        yield Hit(
            key=f"{fact.key} lock",
            about=fact.name,
            says=says,
            evidence=(item,),
            confidence="medium" if country else "high",
        )
