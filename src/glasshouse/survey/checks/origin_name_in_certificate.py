"""A certificate in; out, whether a name in it says that it is the server behind a CDN."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import behind, entries, own_names
from glasshouse.survey.world import World

TITLE = "Name of the origin in a public certificate"
TECHNIQUE = "T1596.004"
ON = "certificate"
LEVEL: Level = "medium"
REMEDY = "The log keeps it: give the origin another name, with a private issuer's certificate"
VANISHES = ""
M1056 = True
_LABELS = {one["label"] for one in entries("origin_labels")}


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on ``origin.``, ``direct.`` and the like, where the site itself is behind a CDN."""
    for name in item.fact.names:
        first, _, rest = name.partition(".")
        if first not in _LABELS or name not in own_names(item.fact, world) or behind(name, world):
            continue
        front = next((one for one in (rest, f"www.{rest}") if behind(one, world)), None)
        if front:
            says = f"a certificate names {name}, while {front} is served through {behind(front, world)}"
            yield Hit(key=name, about=name, says=says, evidence=(item,))
