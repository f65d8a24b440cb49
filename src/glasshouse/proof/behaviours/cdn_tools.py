"""A stage in, sites of content delivery networks in daily use out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "pages and scripts from content delivery networks"
LABEL = "lookalike"
WHY = "A CDN that serves a page is not asked where it stands."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect")
COUNT = 3
WHEN = "work"
SHOWN = True


HOSTS = (
    "cdnjs.cloudflare.com",
    "www.cloudflare.com",
    "api.fastly.com",
    "d111111abcdef8.cloudfront.net",
    "www.akamai.com",
)


def perform(stage: Stage) -> None:
    """Ten visits."""
    program, agent = stage.browser()
    for number in range(10):
        stage.visit(program, HOSTS[number % 5], "/ajax/libs/app.js", agent, into=50_000)
        stage.wait(20, 200)
