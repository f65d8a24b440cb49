"""A stage in, a script that asks a certificate database every few minutes all day out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import PYTHON, REQUESTS

TITLE = "a script asks a certificate database around the clock"
LABEL = "malicious"
WHY = "The spacing gives it away: every five minutes, day and night, from a machine with no reason for it."
CLIENT = ""
SEATS = ("server", "winserver", "linux")
COUNT = 3
WHEN = "weeks"
SHOWN = True


def perform(stage: Stage) -> None:
    """Two days."""
    image = "/usr/bin/python3.12" if stage.linux else PYTHON
    program = stage.program(image, "python3 poll.py" if stage.linux else "python.exe poll.py")
    for _ in range(2 * 24 * 12):
        stage.lookup(program, "certspotter", "domain", "example.com", REQUESTS, into=2_500)
        stage.wait(290, 310)
