"""A stage in, a loop of whois over names out: port 43 again and again."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import CMD, HOSTS

TITLE = "a loop of whois collects registration data"
LABEL = "malicious"
WHY = "whois asks IANA or the registry on port 43, one connection and one process for each name."
CLIENT = "whois"
SEATS = ("direct", "winserver", "server", "direct")
COUNT = 4
WHEN = "night"
SHOWN = True


SERVERS = {"com": "whois.verisign-grs.com", "net": "whois.verisign-grs.com", "org": "whois.pir.org"}


def perform(stage: Stage) -> None:
    """Twenty-five to sixty names with our word in them, a few seconds apart."""
    image, name = (
        ("/usr/bin/whois", "whois") if stage.linux else (r"C:\Tools\whois64.exe", "whois64.exe -nobanner")
    )
    parent = ("/usr/bin/bash", "bash names.sh") if stage.linux else (CMD, "cmd.exe /c names.cmd")
    for number in range(25 + stage.rng.randrange(36)):
        zone = ("com", "net", "org")[number % 3]
        target = f"{HOSTS[number % len(HOSTS)]}-example.{zone}" if number % 5 else f"example.{zone}"
        program = stage.program(image, f"{name} {target}", tells=True, parent=parent)
        stage.whois(program, SERVERS[zone], target)
        stage.wait(0.5, 5)
