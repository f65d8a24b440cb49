"""A tie in; out, whether a name or address that seems to be ours waits for somebody to say so."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Tie
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Something that ties to us is in no inventory"
TECHNIQUE = "T1596.001"
ON = "tie"
LEVEL: Level = "medium"
REMEDY = "Adopt it (with an owner) or disown it; it is not asked about until then"
VANISHES = ""
M1056 = False
_STRONG, _WORTH = 80, 50


def check(item: Tie, world: World) -> Iterator[Hit]:
    """Fires on candidates whose evidence is worth a look; says the chain of evidence."""
    if item.state != "candidate" or item.strength < _WORTH or world.owned(item.value):
        return
    yield Hit(
        key=f"{item.type} {item.value}",
        about=item.value,
        says=f"{item.value} may be ours: {'; '.join(item.chain) or 'it ties to us'}",
        evidence=item.evidence,
        level="high" if item.strength >= _STRONG else None,
        confidence="high" if item.strength >= _STRONG else "medium",
    )
