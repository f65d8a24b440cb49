"""The answer to a question for MX in; out, whether a parked domain of ours may still send or receive mail."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Parked domain may be used for mail"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "medium"
REMEDY = 'Publish a null MX ("0 ."), "v=spf1 -all" and "v=DMARC1; p=reject" for the parked domain'
VANISHES = "that mail can be forged in its name, from DNS"
M1056 = False


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires on a domain the settings call parked without null MX (RFC 7505) or with an SPF that lets send."""
    fact = item.fact
    if fact.type != "MX" or fact.name not in world.policy.parked or not world.owned(fact.name):
        return
    said = words.answered(item, world)
    if said is None:
        return
    lacks = [] if said and all(not words.target(one.fact) for one in said) else ["a null MX record"]
    policies = [one for one in world.records(fact.name, "TXT", live=True) if words.is_spf(one.fact.data)]
    if any(one.fact.data.casefold().split() != ["v=spf1", "-all"] for one in policies):
        lacks.append("an SPF record that lets nobody send")
    if lacks:
        says = f"{fact.name} is parked and lacks {' and '.join(lacks)}"
        yield Hit(key=f"{fact.name} parked", about=fact.name, says=says, evidence=(item, *said, *policies))
