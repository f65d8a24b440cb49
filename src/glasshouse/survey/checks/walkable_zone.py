"""An NSEC record in; out, whether all names of a zone of ours can be read by walking from name to name."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Zone can be walked"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "low"
REMEDY = "Where it matters, sign with NSEC3 (RFC 5155) or answer with minimal ranges (RFC 4470)"
VANISHES = "the list of all names of the zone; what was copied before stays copied"
M1056 = True


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    r"""Fires on the first NSEC record of a zone of ours; not where the next name is ``\000.`` and its own.

    That is how servers answer which give minimal ranges only.
    """
    fact = item.fact
    if fact.type != "NSEC" or not words.is_apex(fact.name, world):
        return
    following = fact.data.partition(" ")[0].rstrip(".").lower()
    if following.startswith("\\000.") or not words.below(following, fact.name):
        return
    says = f"{fact.name} is signed with NSEC: after {fact.name} comes {following}, and so on to the last name"
    yield Hit(key=f"{fact.name} NSEC", about=fact.name, says=says, evidence=(item,))
