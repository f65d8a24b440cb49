"""A stage in, a network engineer's traceroute with AS numbers out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "a network engineer runs mtr with AS numbers"
LABEL = "benign"
WHY = "One DNS question for each hop, none of them ours."
CLIENT = ""
SEATS = ("direct", "server")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Six to nine hops."""
    for hop in range(6 + stage.rng.randrange(4)):
        ip = f"198.51.100.{10 + hop * 7}"
        name = ".".join(reversed(ip.split("."))) + ".origin.asn.cymru.com"
        stage.dns(name, ("TXT",), "cymru-dns", ip)
