"""A stage in, curl over several free services at night out, by a service account."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import CURL, OUR_NAMES

TITLE = "a service account runs curl over free passive DNS services"
LABEL = "malicious"
WHY = "A connection for each request; command lines name host and target."
CLIENT = ""
SEATS = ("server", "winserver", "direct", "proxy")
COUNT = 4
WHEN = "night"
SHOWN = True


DATABASES = ("hackertarget", "rapiddns", "securitytrails", "dnsdumpster")


def perform(stage: Stage) -> None:
    """Our names in turn over four services."""
    image, name = ("/usr/bin/curl", "curl") if stage.linux else (CURL, "curl.exe")
    for number, target in enumerate(stage.rng.sample(OUR_NAMES, 24 + stage.rng.randrange(24))):
        database = DATABASES[number % 4]
        url = stage.url(database, "hostname", target)
        program = stage.program(image, f'{name} -s "{url}"', tells=True)
        stage.lookup(
            program, database, "hostname", target, "curl/8.9.1", into=800 + stage.rng.randrange(6_000)
        )
        stage.wait(0.5, 9)
