"""A stage in, somebody who reads manuals and blogs of databases out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "somebody reads the manuals of databases"
LABEL = "benign"
WHY = "Documentation hosts answer no lookup."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect")
COUNT = 6
WHEN = "work"
SHOWN = True


HOSTS = (
    "help.shodan.io",
    "developer.shodan.io",
    "blog.shodan.io",
    "docs.censys.com",
    "support.censys.io",
    "docs.projectdiscovery.io",
)


def perform(stage: Stage) -> None:
    """Four pages."""
    program, agent = stage.browser()
    for host in stage.rng.sample(HOSTS, 4):
        stage.visit(program, host, "/index.html", agent, into=90_000)
        stage.wait(60, 400)
