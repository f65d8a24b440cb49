"""A stage in, a script over RDAP servers out: the modern whois, by HTTPS."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import HOSTS, PYTHON, REQUESTS

TITLE = "a script collects registration data over RDAP"
LABEL = "malicious"
WHY = "No process name tells it, and port 43 stays silent: names of registries in DNS, TLS and the proxy do."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "linux")
COUNT = 4
WHEN = "work"
SHOWN = True


SERVERS = ("rdap.verisign.com", "rdap.arin.net", "rdap.db.ripe.net")


def perform(stage: Stage) -> None:
    """Bootstrap once, then twenty-five to fifty objects, a connection each."""
    image = "/usr/bin/python3.12" if stage.linux else PYTHON
    program = stage.program(image, "python3 reg.py" if stage.linux else "python.exe reg.py")
    stage.lookup(program, "rdap-bootstrap", "domain", "example.com", REQUESTS, into=40_000)
    for number in range(25 + stage.rng.randrange(26)):
        host = SERVERS[number % 3]
        kind, value = (
            ("ip", f"203.0.113.{number + 1}")
            if number % 3
            else ("domain", f"{HOSTS[number % 26]}-example.com")
        )
        stage.lookup(
            program, "rdap-servers", kind, value, REQUESTS, host=host, into=3_000 + stage.rng.randrange(4_000)
        )
        stage.wait(0.2, 3)
