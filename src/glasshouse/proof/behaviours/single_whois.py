"""A stage in, an administrator who runs whois twice out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OTHERS

TITLE = "an administrator runs whois for a partner's domain"
LABEL = "benign"
WHY = "Two questions on port 43 about others."
CLIENT = "whois"
SEATS = ("direct", "server")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Two names."""
    image, name = ("/usr/bin/whois", "whois") if stage.linux else (r"C:\Tools\whois64.exe", "whois64.exe")
    for target in stage.rng.sample(OTHERS, 2):
        program = stage.program(image, f"{name} {target}", tells=True)
        stage.whois(program, "whois.iana.org", target)
        stage.wait(20, 90)
