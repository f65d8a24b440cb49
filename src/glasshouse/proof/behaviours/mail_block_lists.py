"""A stage in, a mail server that asks block lists about each sender out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "the mail server asks block lists about senders"
LABEL = "lookalike"
WHY = "A block list is a mail server's daily bread."
CLIENT = ""
SEATS = ("mail",)
COUNT = 3
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Three hundred senders."""
    for _ in range(300):
        number = stage.rng.randrange(2, 254)
        stage.dns(f"{number}.100.51.198.zen.spamhaus.org")
        stage.dns(f"{number}.2.0.192.bl.spamcop.net")
        stage.wait(1, 40)
