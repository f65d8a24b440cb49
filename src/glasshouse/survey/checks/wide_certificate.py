"""A certificate in; out, whether so many names share its key that one leak breaks them all."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import lives, organisation, own_names
from glasshouse.survey.world import World

TITLE = "Certificate with very many names"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "medium"
REMEDY = "Split it: one certificate for each service and owner"
VANISHES = "nothing at once: the log keeps the entry; the next certificates no longer list all names together"
M1056 = True


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on living certificates with at least ``wide_names`` names, one of them ours."""
    fact = item.fact
    if len(fact.names) < world.policy.wide_names or not lives(fact, world):
        return
    ours = own_names(fact, world)
    if not ours:
        return
    owners = {asset.owner for name in ours if (asset := world.owned(name.removeprefix("*."))) and asset.owner}
    of_owners = f" of {len(owners)} owners" if len(owners) > 1 else ""
    yield Hit(
        key=f"{ours[0]} {organisation(fact.issuer).casefold()}",
        about=ours[0].removeprefix("*."),
        says=f"one certificate lists {len(fact.names)} names, {len(ours)} of them ours{of_owners}",
        evidence=(item,),
    )
