"""A stage in, somebody who opens one page of one database out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "somebody opens one page of one database"
LABEL = "benign"
WHY = "A link in the news: one page, no search about us."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "guest")
COUNT = 12
WHEN = "work"
SHOWN = True


PAGES = (
    ("shodan", "www.shodan.io"),
    ("crtsh", "crt.sh"),
    ("censys-legacy", "search.censys.io"),
    ("leakix", "leakix.net"),
    ("rapiddns", "rapiddns.io"),
)


def perform(stage: Stage) -> None:
    """The front page."""
    database, host = stage.rng.choice(PAGES)
    stage.front(database, host)
