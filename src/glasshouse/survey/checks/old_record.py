"""A service in; out, whether what a database shows is too old to rely on."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import DAY, day, holder, place
from glasshouse.survey.world import World

TITLE = "Old record in a scan database"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "informational"
REMEDY = "Look whether the service is still open; where it is not, ask the database for a new scan"
VANISHES = "the record, at the database's next visit, if the service is closed"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires when the database last saw the service more than ``stale_days`` days ago."""
    fact = item.fact
    if fact.last_seen is None or fact.last_seen >= world.now - world.policy.stale_days * DAY:
        return
    ours = holder(fact, world)
    if ours:
        yield Hit(
            key=f"{fact.key} {item.database}",
            about=ours[0],
            says=f"{item.database} last saw {place(fact)} on {day(fact.last_seen)}",
            evidence=(item,),
        )
