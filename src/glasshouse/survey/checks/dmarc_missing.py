"""The answer to a question for TXT at _dmarc in; out, whether a domain of ours has no DMARC policy."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Domain without DMARC"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "medium"
REMEDY = 'Publish "v=DMARC1; p=none; rua=…" at _dmarc, read the reports, then go to p=reject'
VANISHES = "that forged mail is not refused, from DNS"
M1056 = False


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires when a registered domain of ours was answered to have no DMARC record (RFC 7489)."""
    fact = item.fact
    domain = fact.name.removeprefix("_dmarc.")
    if fact.type != "TXT" or domain == fact.name or not words.is_apex(domain, world):
        return
    said = words.answered(item, world)
    if said is not None and not list(words.policy_text(said, "v=DMARC1")):
        says = f"{domain} has no DMARC record: mail forged in its name is not refused"
        yield Hit(key=f"{domain} DMARC", about=domain, says=says, evidence=(item,))
