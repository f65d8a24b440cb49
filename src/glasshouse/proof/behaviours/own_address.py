"""A stage in, a script that asks for its own public address out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import CURL

TITLE = "a script asks for its own public address"
LABEL = "benign"
WHY = "No target: finding one's own address is another technique."
CLIENT = ""
SEATS = ("gateway", "server", "direct")
COUNT = 3
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Every quarter of an hour for a day of work."""
    image, name = ("/usr/bin/curl", "curl") if stage.linux else (CURL, "curl.exe")
    for _ in range(30):
        program = stage.program(image, f"{name} -s https://ipinfo.io/json")
        stage.visit(program, "ipinfo.io", "/json", "curl/8.9.1", into=700)
        stage.wait(880, 920)
