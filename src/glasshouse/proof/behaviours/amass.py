"""A stage in, a run of amass 5 without keys out: registration data first, then eight more databases."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_NAMES

TITLE = "amass enumerates one of our domains"
LABEL = "malicious"
WHY = "RDAP bootstrap, then every default source with the name of one old Chrome; bgp.tools on port 43."
CLIENT = "amass-v5"
SEATS = ("direct", "linux", "inspect", "guest")
COUNT = 4
WHEN = "any"
SHOWN = True


AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36"
)


def perform(stage: Stage) -> None:
    """One run of some minutes: sources one after the other, then names resolved one by one."""
    domain = stage.rng.choice(("example.com", "example.net"))
    image = "/usr/local/bin/amass" if stage.linux else r"C:\Users\Public\amass_windows_amd64\amass.exe"
    name = "amass" if stage.linux else "amass.exe"
    tool = stage.program(image, f"{name} enum -d {domain} -o names.txt", tells=True)
    stage.lookup(tool, "rdap-bootstrap", "domain", domain, AGENT, into=40_000)
    for database in stage.databases("amass-v5"):
        stage.wait(0.2, 9)
        if database != "bgptools":
            host = "rdap.verisign.com" if database == "rdap-servers" else ""
            stage.lookup(
                tool, database, "domain", domain, AGENT, host=host, into=2_000 + stage.rng.randrange(30_000)
            )
        elif stage.machine.zone in ("direct", "server", "guest"):
            stage.whois(tool, "bgp.tools", "203.0.113.10", "ip", "bgptools")
    for target in stage.rng.sample(OUR_NAMES, 25):
        stage.dns(target, ("A", "AAAA"))
