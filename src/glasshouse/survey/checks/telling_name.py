"""A DNS record in; out, whether its name tells a stranger what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import lists, words
from glasshouse.survey.world import World, registrable

TITLE = "Name tells what stands there"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "low"
REMEDY = "Give it a name that tells nothing when it is next rebuilt, or take it out of public DNS"
VANISHES = "the hint; the old name stays in passive DNS and in certificate logs"
M1056 = True
_PARTS = re.compile(r"[._-]|(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
_TYPES = ("A", "AAAA", "CNAME")
_SAYS = {
    "product": "names the product",
    "stage": "tells that it is not in production",
    "role": "tells what it is for",
    "device": "tells somebody's device",
    "own": "holds a word the settings call telling",
}


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on addresses and aliases of ours with a telling word as a part of a label."""
    fact = item.fact
    if fact.type not in _TYPES:
        return
    parts = _PARTS.split(fact.name.removesuffix(registrable(fact.name) or ""))
    own = world.policy.telling_words
    word = next((one for one in parts if one and (one in _words() or one in own)), None)
    if word and world.owned(words.plain(fact.name)):
        says = f"{fact.name} {_SAYS[_words().get(word, 'own')]}: {word!r}"
        yield Hit(key=fact.name, about=fact.name, says=says, evidence=(item,))


@cache
def _words() -> Mapping[str, str]:
    return {one["word"]: one["tells"] for one in lists.entries("telling_words")}
