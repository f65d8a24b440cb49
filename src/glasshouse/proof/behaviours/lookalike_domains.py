"""A stage in, visits of names that only contain a database's name out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "names that only look like a database's"
LABEL = "lookalike"
WHY = "A name matches at its label boundary or not at all."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "guest")
COUNT = 8
WHEN = "work"
SHOWN = True


NAMES = (
    "concrt.shop",
    "notshodan.io",
    "shodan.io.attacker.test",
    "api-shodan.test",
    "mycensys.io",
    "crt.sh.example.org",
    "api.shodan.io.phish.test",
    "securitytrails.com.test",
    "xcrt.sh.test",
    "hackertarget.com.attacker.test",
)


def perform(stage: Stage) -> None:
    """Twelve visits in a quarter of an hour."""
    program, agent = stage.browser()
    for number in range(12):
        stage.visit(program, NAMES[number % len(NAMES)], "/shodan/host/203.0.113.7", agent, into=40_000)
        stage.wait(10, 90)
