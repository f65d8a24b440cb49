"""A certificate in; out, the internal or not yet public names that its log entry shows to everybody."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import entries, own_names
from glasshouse.survey.world import World

TITLE = "Internal name in a public certificate"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "medium"
REMEDY = "The log keeps it for ever: rename the host, and use a wildcard or a private issuer for the next one"
VANISHES = ""
M1056 = True
_SUFFIXES = {one["suffix"] for one in entries("internal_names") if "suffix" in one}
_LABELS = {one["label"] for one in entries("internal_names") if "label" in one}


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on names that end like internal ones, and lower on names of ours that tell of what is to come."""
    ours = own_names(item.fact, world)
    if not ours:
        return
    own = set(ours)
    for name in item.fact.names:
        if _inside(name):
            says = f"a certificate for {ours[0]} also names {name}, which lives inside only"
            yield Hit(key=name, about=ours[0].removeprefix("*."), says=says, evidence=(item,))
        elif name in own:
            word = _telling(name, world)
            if word:
                says = f"a certificate shows {name}: {word!r} tells that it is not meant for everybody yet"
                yield Hit(key=name, about=name.removeprefix("*."), says=says, evidence=(item,), level="low")


def _inside(name: str) -> bool:
    labels = name.removeprefix("*.").split(".")
    last = ".".join(labels[-2:])
    return labels[-1] in _SUFFIXES or last in _SUFFIXES or (len(labels) == 1 and ":" not in name)


def _telling(name: str, world: World) -> str | None:
    """The label, or the part of one between hyphens, that tells; the registered domain's own do not count."""
    for label in name.removeprefix("*.").split(".")[:-2]:
        for word in (label, *label.split("-")):
            if word in _LABELS or word in world.policy.telling_words:
                return word
    return None
