"""A registration in; out, whether it names a name server that the zone does not, or that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Registration names an old name server"
TECHNIQUE = "T1596.001"
ON = "registration"
LEVEL: Level = "medium"
REMEDY = "Make the delegation at the registrar and the NS records of the zone the same"
VANISHES = "the old name server, from registration data"
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on registered name servers that the zone's own NS records lack; worse when the name is gone."""
    fact = item.fact
    if fact.object != "domain" or not world.owned(fact.name):
        return
    records = world.records(fact.name, "NS", live=True)
    in_zone = {words.target(one.fact) for one in records}
    for server in fact.name_servers:
        gone = words.absent(world, server, "A", "AAAA")
        if not gone and (not in_zone or server in in_zone):
            continue
        why = "which does not exist" if gone else "which the zone itself does not name"
        yield Hit(
            key=f"{fact.name} NS {server}",
            about=fact.name,
            says=f"{fact.name} is registered with the name server {server}, {why}",
            evidence=(item, *gone) if gone else (item, *records),
            level="high" if gone else None,
        )
