"""A stage in, the download of a scan database's data files out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import PYTHON, REQUESTS

TITLE = "a server fetches data files of a scan database"
LABEL = "malicious"
WHY = "Few requests, much data: only sizes tell it."
CLIENT = ""
SEATS = ("server", "winserver", "proxy")
COUNT = 3
WHEN = "night"
SHOWN = True


def perform(stage: Stage) -> None:
    """Three files of some tens of megabytes."""
    image = "/usr/bin/python3.12" if stage.linux else PYTHON
    program = stage.program(image, "python3 fetch.py" if stage.linux else "python.exe fetch.py")
    for _ in range(3):
        size = 30_000_000 + stage.rng.randrange(40_000_000)
        with stage.session(program, "data.shodan.io", REQUESTS) as line:
            line.get("/raw-daily/2026-03.json.zst", into=size, ms=size // 2_000, database="shodan")
        stage.truth.asked("shodan", "domain", "")
        stage.wait(5, 30)
