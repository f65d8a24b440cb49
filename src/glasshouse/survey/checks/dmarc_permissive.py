"""The answer to a question for TXT at _dmarc in; out, whether the policy there asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "DMARC asks for nothing"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "medium"
REMEDY = "Read the reports, then set p=quarantine and p=reject, for names below the domain too (sp=)"
VANISHES = "that forged mail is let through, from DNS"
M1056 = False


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires on p=none, and on sp=none under a stricter p (RFC 7489); the record may stand behind an alias."""
    fact = item.fact
    domain = fact.name.removeprefix("_dmarc.")
    if fact.type != "TXT" or domain == fact.name or not world.owned(domain):
        return
    for one, tags in words.policy_text(words.answered(item, world) or (), "v=DMARC1"):
        if tags.get("p") == "none":
            says = f"{domain} asks that forged mail be let through (DMARC p=none)"
            yield Hit(key=f"{domain} DMARC p", about=domain, says=says, evidence=(item, one))
        elif tags.get("sp") == "none":
            says = f"{domain} lets forged mail from names below it through (DMARC sp=none)"
            yield Hit(key=f"{domain} DMARC sp", about=domain, says=says, evidence=(item, one), level="low")
