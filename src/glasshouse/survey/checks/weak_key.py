"""A certificate in; out, whether its key is too short for today."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import day, lives, own_names
from glasshouse.survey.world import World

TITLE = "Weak key in a certificate"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "high"
REMEDY = "Issue it again with an EC key of 256 bits or an RSA key of at least 2048"
VANISHES = "nothing: the log keeps the entry; have the old certificate revoked"
M1056 = False
# NIST SP 800-57 part 1 revision 5, and the baseline requirements of the CA/Browser Forum, 6.1.5
_LEAST = {"rsa": 2048, "dsa": 1 << 30, "ec": 256, "ecdsa": 256}


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on living certificates of ours with RSA below 2048 bits, EC below 256 bits, or DSA."""
    fact = item.fact
    if fact.key_type is None or fact.key_bits is None or not lives(fact, world):
        return
    if fact.key_bits >= _LEAST.get(fact.key_type.lower(), 0):
        return
    ours = own_names(fact, world)
    if ours:
        what = f"{fact.key_type} {fact.key_bits}"
        says = f"the certificate for {ours[0]}, valid until {day(fact.not_after)}, has an {what} key"
        yield Hit(key=f"{ours[0]} {what}", about=ours[0].removeprefix("*."), says=says, evidence=(item,))
