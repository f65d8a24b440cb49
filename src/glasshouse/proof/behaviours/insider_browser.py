"""A stage in, somebody who reads about us on many databases in a browser out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_ADDRESSES

TITLE = "an insider maps us in a browser"
LABEL = "malicious"
WHY = (
    "Pages, not a script: six databases in half an hour, each page with its parts, and every target is ours."
)
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "direct")
COUNT = 4
WHEN = "work"
SHOWN = True


PAGES = (
    ("shodan", "ip", "www.shodan.io"),
    ("crtsh", "domain", ""),
    ("who-is", "domain", ""),
    ("censys-legacy", "ip", "search.censys.io"),
    ("rapiddns", "domain", ""),
    ("viewdns", "domain", ""),
)


def perform(stage: Stage) -> None:
    """Eighteen to thirty pages, a minute or so on each."""
    for number in range(18 + stage.rng.randrange(13)):
        database, kind, host = PAGES[number % len(PAGES)]
        value = stage.rng.choice(
            OUR_ADDRESSES if kind == "ip" else ("example.com", "example.net", "shop.example.net")
        )
        stage.page(database, "hostname" if value.count(".") > 1 and kind == "domain" else kind, value, host)
        stage.wait(15, 90)
