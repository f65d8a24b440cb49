"""A stage in, work at a prompt with the shodan command out: a process and a connection each time."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_ADDRESSES, REQUESTS

TITLE = "the shodan command asks about our addresses"
LABEL = "malicious"
WHY = "Every command is a new process; the key rides in the URL and not in the command line."
CLIENT = "shodan-cli"
SEATS = ("direct", "proxy", "inspect", "linux")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Start, then ten to thirty hosts, two searches."""
    image = "/usr/local/bin/shodan" if stage.linux else r"C:\Python312\Scripts\shodan.exe"
    addresses = stage.rng.sample(OUR_ADDRESSES, 10 + stage.rng.randrange(21))
    for ip in addresses:
        tool = stage.program(image, f"shodan host {ip}", tells=True)
        stage.lookup(
            tool, "shodan", "ip", ip, REQUESTS, key=stage.key, into=1_500 + stage.rng.randrange(9_000)
        )
        stage.wait(0.5, 14)
    for query in ("hostname:example.com", 'org:"Example Company"'):
        said = query.replace('"', "'")
        tool = stage.program(image, f"shodan search {said}", tells=True)
        stage.lookup(tool, "shodan", "expression", query, REQUESTS, key=stage.key, into=60_000)
        stage.wait(5, 40)
