"""A stage in, a scheduled script that asks a little each day for weeks out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_ADDRESSES, OUR_NAMES, PYTHON, REQUESTS

TITLE = "a scheduled script asks a few questions a day for weeks"
LABEL = "malicious"
WHY = "Never a burst: five to seven questions on each working day, an hour between them, by a silent script."
CLIENT = ""
SEATS = ("linux", "proxy", "server", "inspect")
COUNT = 4
WHEN = "weeks"
SHOWN = True


DATABASES = (("shodan", "ip"), ("crtsh", "hostname"), ("hackertarget", "hostname"), ("censys-legacy", "ip"))


def perform(stage: Stage) -> None:
    """From the first days to the end, weekends left out."""
    image = "/usr/bin/python3.12" if stage.linux else PYTHON
    command = "python3 /var/tmp/sync.py" if stage.linux else r"python.exe C:\ProgramData\Sync\sync.py"
    for _ in stage.working_days():
        for _ in range(5 + stage.rng.randrange(3)):
            database, kind = stage.rng.choice(DATABASES)
            value = stage.rng.choice(OUR_ADDRESSES if kind == "ip" else OUR_NAMES)
            program = stage.program(image, command)
            stage.lookup(program, database, kind, value, REQUESTS, into=1_000 + stage.rng.randrange(6_000))
            stage.wait(2_000, 5_000)
