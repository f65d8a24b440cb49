"""A stage in, a day of the SOAR platform out: each alert's indicators in several databases."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import INDICATORS, REQUESTS

TITLE = "the SOAR platform enriches indicators"
LABEL = "authorised"
WHY = "Registered: addresses and names of others, in the databases that reconnaissance tools ask too."
CLIENT = ""
SEATS = ("soar",)
COUNT = 1
WHEN = "daily"
SHOWN = True


DATABASES = ("virustotal", "shodan-internetdb", "otx", "greynoise", "urlscan", "whois-port43", "hackertarget")


def perform(stage: Stage) -> None:
    """Forty to eighty indicators over the day, three or four databases for each."""
    program = stage.program(
        "/usr/bin/python3.12", "python3 -m soar.worker", parent=("/usr/bin/dockerd", "dockerd")
    )
    for _ in range(40 + stage.rng.randrange(40)):
        value = stage.rng.choice(INDICATORS)
        kind = "ip" if value.startswith("198.") else "domain"
        for database in stage.rng.sample(DATABASES, 3):
            if database == "whois-port43":
                stage.whois(program, "whois.verisign-grs.com", value, kind)
            else:
                stage.lookup(
                    program, database, kind, value, REQUESTS, into=1_200 + stage.rng.randrange(9_000)
                )
        stage.wait(60, 600)
