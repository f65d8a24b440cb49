"""A stage in, a web server that asks for the reverse names of its visitors out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "a web server learns the reverse names of scanners"
LABEL = "lookalike"
WHY = "The databases' names stand in answers: they look at us, not we at them."
CLIENT = ""
SEATS = ("web",)
COUNT = 3
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Two hundred visitors."""
    for _ in range(200):
        number = stage.rng.randrange(2, 254)
        stage.dns(f"{number}.100.51.198.in-addr.arpa", ("PTR",))
        stage.wait(0, 20)
