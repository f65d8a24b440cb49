"""A certificate in; out, whether it is signed in a way that can be forged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import day, lives, organisation, own_names
from glasshouse.survey.world import World

TITLE = "Weak signature on a certificate"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "high"
REMEDY = "Issue it again with a SHA-256 signature"
VANISHES = "nothing: the log keeps the entry; have the old certificate revoked"
M1056 = False
_WEAK = re.compile(r"(sha-?1(?!\d)|md5|md2|md4)", re.IGNORECASE)


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on living certificates of ours signed over SHA-1 or older hashes."""
    fact = item.fact
    if not fact.signature or not _WEAK.search(fact.signature) or not lives(fact, world):
        return
    ours = own_names(fact, world)
    if ours:
        yield Hit(
            key=f"{ours[0]} {fact.signature}",
            about=ours[0].removeprefix("*."),
            says=f"{organisation(fact.issuer)} signed the certificate for {ours[0]}, "
            f"valid until {day(fact.not_after)}, with {fact.signature}",
            evidence=(item,),
        )
