"""A stage in, marketing and sales who look at customers' web sites out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OTHERS

TITLE = "sales looks up what customers' sites are made of"
LABEL = "benign"
WHY = "BuiltWith and Hunter in a browser, about customers."
CLIENT = ""
SEATS = ("sales",)
COUNT = 6
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Three or four customers."""
    for target in stage.rng.sample(OTHERS, 3 + stage.rng.randrange(2)):
        stage.page("builtwith", "domain", target, "builtwith.com", f"/{target}")
        stage.wait(100, 900)
    stage.page("hunterio", "domain", stage.rng.choice(OTHERS), "hunter.io", "/search")
