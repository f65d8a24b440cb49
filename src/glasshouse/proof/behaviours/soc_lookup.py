"""A stage in, a SOC analyst who looks up the addresses of one alert out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import INDICATORS

TITLE = "a SOC analyst looks up the addresses of an alert"
LABEL = "authorised"
WHY = "Registered: a handful of attacker addresses in a browser."
CLIENT = ""
SEATS = ("soc",)
COUNT = 6
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Four to seven pages."""
    for value in stage.rng.sample(INDICATORS[:30], 4 + stage.rng.randrange(4)):
        stage.page("shodan", "ip", value, "www.shodan.io")
        stage.page("criminalip", "expression", value, "www.criminalip.io", f"/asset/report/{value}")
        stage.wait(20, 150)
