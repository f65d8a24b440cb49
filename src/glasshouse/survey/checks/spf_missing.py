"""The answer to a question for TXT in; out, whether a domain of ours does not say who may send its mail."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Domain without SPF"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "medium"
REMEDY = 'Publish "v=spf1 … -all" as a TXT record that names the mail servers; "v=spf1 -all" where none are'
VANISHES = "that mail can be forged in its name, from DNS"
M1056 = False


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires when a registered domain of ours was answered to have no SPF record (RFC 7208)."""
    fact = item.fact
    if fact.type != "TXT" or not words.is_apex(fact.name, world):
        return
    said = words.answered(item, world)
    if said is not None and not any(words.is_spf(one.fact.data) for one in said):
        says = f"{fact.name} has no SPF record: it does not say which servers may send its mail"
        yield Hit(key=f"{fact.name} SPF", about=fact.name, says=says, evidence=(item,))
