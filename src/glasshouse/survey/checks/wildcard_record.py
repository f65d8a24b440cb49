"""A DNS record in; out, whether every name below a name of ours is answered, also those nobody made."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Wildcard record answers for names that do not exist"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Replace the wildcard by a record for each name in use; dangling names show only then"
VANISHES = "the answers for names nobody made, from public DNS"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live records under ``*.``: of our zone files, or answers for a name made up to find them."""
    fact = item.fact
    parent = words.plain(fact.name)
    if parent == fact.name or not fact.live or fact.type not in ("A", "AAAA", "CNAME"):
        return
    if world.owned(parent):
        says = f"every name below {parent} leads to {words.target(fact)}, also those that do not exist"
        yield Hit(key=f"*.{parent}", about=parent, says=says, evidence=(item,))
