"""A service in; out, whether a database still shows what another saw closed, as was approved."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, place, seen
from glasshouse.survey.world import World

TITLE = "Closed service still shown"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "informational"
REMEDY = "Ask the database for a new scan; otherwise it goes by itself at the next one"
VANISHES = "the record, at the database's next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires when another database, asked completely, no longer has a service that was to go."""
    fact = item.fact
    gone = [
        one
        for one in world.judged(fact.key)
        if one.shift.kind == "gone" and one.shift.database != item.database
        if one.verdict in ("approved", "expected")
    ]
    ours = holder(fact, world) if gone else None
    if ours:
        yield Hit(
            key=f"{fact.key} {item.database}",
            about=ours[0],
            says=f"{place(fact)} was closed and is gone from {gone[0].shift.database}, and {item.database} "
            f"shows it as of {day(seen(item))}",
            evidence=(item,),
        )
