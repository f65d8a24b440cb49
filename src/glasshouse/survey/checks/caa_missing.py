"""The answer to a question for CAA in; out, whether any issuer may give certificates for a domain of ours."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Domain without CAA"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "medium"
REMEDY = "Publish CAA records that name the issuers in use, with iodef for reports and accounturi (RFC 8657)"
VANISHES = "that any issuer may give certificates, from DNS"
M1056 = False


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires when a registered domain of ours was answered to have no CAA records (RFC 8659)."""
    fact = item.fact
    if fact.type != "CAA" or not words.is_apex(fact.name, world) or words.answered(item, world) != []:
        return
    says = f"{fact.name} has no CAA record: any issuer may give certificates for it"
    yield Hit(key=f"{fact.name} CAA", about=fact.name, says=says, evidence=(item,))
