"""A stage in, an afternoon of the announced red team out: subfinder, a curl loop, the shodan command."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import MADE_UP, OUR_ADDRESSES, REQUESTS

TITLE = "the announced red team maps us"
LABEL = "authorised"
WHY = "Registered and approved by a change: exactly what an adversary does, by the people who are allowed to."
CLIENT = "subfinder"
SEATS = ("red-team",)
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Sub-domains first, then their addresses."""
    tool = stage.program(r"C:\Tools\subfinder.exe", "subfinder.exe -d example.com -o subs.txt", tells=True)
    for database in stage.databases("subfinder"):
        stage.lookup(tool, database, "domain", "example.com", stage.rng.choice(MADE_UP), into=8_000)
    stage.wait(60, 600)
    for ip in stage.rng.sample(OUR_ADDRESSES, 15):
        tool = stage.program(r"C:\Python312\Scripts\shodan.exe", f"shodan host {ip}", tells=True)
        stage.lookup(tool, "shodan", "ip", ip, REQUESTS, key=stage.key, into=3_000)
        stage.wait(1, 12)
