"""A stage in, a Python script with the Shodan library out: one connection that holds all requests."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_ADDRESSES, PYTHON, REQUESTS

TITLE = "a script asks Shodan about our range over one connection"
LABEL = "malicious"
WHY = "Keep-alive: two DNS questions and one TLS connection stand for forty requests."
CLIENT = ""
SEATS = ("linux", "proxy", "inspect", "server")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """About one request a second, as the free plan allows."""
    image = "/usr/bin/python3.12" if stage.linux else PYTHON
    program = stage.program(image, "python3 collect.py" if stage.linux else "python.exe collect.py")
    addresses = stage.rng.sample(OUR_ADDRESSES, 30 + stage.rng.randrange(40))
    with stage.session(program, "api.shodan.io", REQUESTS) as line:
        for ip in addresses:
            line.lookup(
                "shodan",
                "ip",
                ip,
                key=stage.key,
                into=460 + stage.rng.randrange(900),
                ms=500 + stage.rng.randrange(500),
            )
            stage.wait(0.1, 0.5)
