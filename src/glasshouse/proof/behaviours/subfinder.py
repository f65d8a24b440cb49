"""A stage in, a run of subfinder without keys out: five databases within seconds."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import MADE_UP

TITLE = "subfinder lists our sub-domains, without keys"
LABEL = "malicious"
WHY = (
    "Go program: all default sources at once, crt.sh by PostgreSQL first, a random browser name per request."
)
CLIENT = "subfinder"
SEATS = ("direct", "proxy", "inspect", "server")
COUNT = 4
WHEN = "any"
SHOWN = True


def perform(stage: Stage) -> None:
    """One run about one of our domains; one connection a source."""
    domain = stage.rng.choice(("example.com", "example.net"))
    image = "/opt/tools/subfinder" if stage.linux else r"C:\Users\Public\Music\subfinder.exe"
    name = "subfinder" if stage.linux else "subfinder.exe"
    tool = stage.program(image, f"{name} -d {domain} -silent -o out.txt", tells=True)
    if stage.machine.zone in ("direct", "server", "guest"):
        stage.sql(tool, domain)
    else:
        stage.lookup(tool, "crtsh", "domain", domain, stage.rng.choice(MADE_UP), into=48_000)
    for database in ("anubisdb", "digitorus", "hackertarget", "thc-ip"):
        size = 1500 + stage.rng.randrange(9_000)
        stage.lookup(tool, database, "domain", domain, stage.rng.choice(MADE_UP), into=size)
