"""A judged change in; out, whether it is a new service of ours that no approved change names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from glasshouse.findings import Hit, Judged
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, place, product, seen
from glasshouse.survey.world import World

TITLE = "New service without a change record"
TECHNIQUE = "T1596.005"
ON = "change"
LEVEL: Level = "high"
REMEDY = "Ask its owner: file the change afterwards, or close the service"
VANISHES = "the service, from scan databases at their next visit, once it is closed"
M1056 = False


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires on new services without approval; at the first look only where a sign adds to it."""
    after = item.shift.after
    if item.shift.kind != "new" or after is None or not isinstance(after.fact, Service):
        return
    if item.verdict != "suspicious" and (item.verdict != "unmanaged" or item.shift.first_look):
        return
    ours = holder(after.fact, world)
    if not ours:
        return
    service = cast("Observation[Service]", after)
    signs = f" ({'; '.join(item.signs)})" if item.signs else ""
    yield Hit(
        key=after.fact.key,
        about=ours[0],
        says=f"{after.database} sees {product(after.fact)} at {place(after.fact)} "
        f"on {day(seen(service))}, and no approved change names it{signs}",
        evidence=(after,),
        confidence=ours[1],
    )
