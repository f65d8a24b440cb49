"""A stage in, a buyer who looks up who owns a supplier's domain out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OTHERS

TITLE = "a buyer looks up a supplier's domain"
LABEL = "benign"
WHY = "Registration data of others, one or two pages in a browser."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect")
COUNT = 6
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """One or two sites, a minute apart."""
    target = stage.rng.choice(OTHERS)
    stage.page("who-is", "domain", target)
    if stage.rng.random() < 0.5:
        stage.wait(30, 200)
        stage.page("whois-domaintools", "domain", target, "whois.domaintools.com")
