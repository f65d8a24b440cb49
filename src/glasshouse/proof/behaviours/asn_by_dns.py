"""A stage in, a loop of DNS questions about the networks of our addresses out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "a loop asks Team Cymru by DNS about our addresses"
LABEL = "malicious"
WHY = "The question is the lookup: the resolver's log shows every target, other logs only the command."
CLIENT = ""
SEATS = ("linux", "direct", "guest")
COUNT = 3
WHEN = "any"
SHOWN = True


def perform(stage: Stage) -> None:
    """Forty to ninety addresses, a few a second."""
    image, name = (
        ("/usr/bin/dig", "dig +short")
        if stage.linux
        else (r"C:\Windows\System32\nslookup.exe", "nslookup -type=TXT")
    )
    first = 1 + stage.rng.randrange(100)
    for number in range(first, first + 40 + stage.rng.randrange(50)):
        question = f"{number}.113.0.203.origin.asn.cymru.com"
        kind = "TXT " if stage.linux else ""
        stage.program(image, f"{name} {kind}{question}", tells=True)
        stage.dns(question, ("TXT",), "cymru-dns", f"203.0.113.{number}")
