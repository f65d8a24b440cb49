"""A stage in, a day of the pipeline that watches for certificates of ours out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import REQUESTS

TITLE = "a pipeline watches for new certificates of ours"
LABEL = "authorised"
WHY = "Registered: every half hour Cert Spotter, once a day crt.sh, from the build server."
CLIENT = ""
SEATS = ("ci",)
COUNT = 1
WHEN = "daily"
SHOWN = True


def perform(stage: Stage) -> None:
    """From the morning to the night."""
    program = stage.program("/usr/bin/python3.12", "python3 /opt/ci/certs.py")
    stage.lookup(program, "crtsh", "domain", "example.com", REQUESTS, into=60_000)
    for _ in range(18):
        stage.lookup(program, "certspotter", "domain", "example.com", REQUESTS, into=2_500)
        stage.wait(1_780, 1_820)
