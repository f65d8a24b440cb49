"""A stage in, a shell loop of curl over names of ours at crt.sh out: one connection for each name."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import CMD, CURL, OUR_NAMES

TITLE = "a loop of curl asks crt.sh about our names"
LABEL = "malicious"
WHY = "Every run of curl is a process and a connection of its own; the command line tells the name."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "server")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Twenty to fifty names, a second or so between them."""
    names = stage.rng.sample(OUR_NAMES, 20 + stage.rng.randrange(31))
    image, name = ("/usr/bin/curl", "curl") if stage.linux else (CURL, "curl.exe")
    parent = ("/usr/bin/bash", "bash names.sh") if stage.linux else (CMD, "cmd.exe /c names.cmd")
    for target in names:
        command = f'{name} -s "https://crt.sh/?q={target}&output=json" -o {target}.json'
        program = stage.program(image, command, tells=True, parent=parent)
        stage.lookup(
            program, "crtsh", "hostname", target, "curl/8.9.1", into=2_000 + stage.rng.randrange(9_000)
        )
        stage.wait(0.1, 1.6)
