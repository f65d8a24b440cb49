"""A stage in, an hour of a threat intelligence analyst out: browser and a script, about others."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import INDICATORS, PYTHON, REQUESTS

TITLE = "a threat intelligence analyst at work"
LABEL = "authorised"
WHY = "Registered by department: many databases, targets of others, a browser and a script."
CLIENT = ""
SEATS = ("analyst",)
COUNT = 6
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Pages first, then a script for what they left open."""
    for value in stage.rng.sample(INDICATORS, 8):
        kind = "ip" if value.startswith("198.") else "domain"
        database, host = ("shodan", "www.shodan.io") if kind == "ip" else ("who-is", "")
        stage.page(database, kind, value, host)
        stage.wait(20, 120)
    program = stage.program(PYTHON, "python.exe pivot.py")
    for value in stage.rng.sample(INDICATORS, 15):
        kind = "ip" if value.startswith("198.") else "domain"
        stage.lookup(program, "hackertarget", kind, value, REQUESTS, into=2_000)
        stage.lookup(program, "otx", kind, value, REQUESTS, into=9_000)
        stage.wait(1, 9)
