"""A stage in, a run of theHarvester with all sources that need no key out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import CHROME

TITLE = "theHarvester collects our names from twelve sources"
LABEL = "malicious"
WHY = "Python, asynchronous: sources within seconds of each other; some requests name the tool."
CLIENT = "theharvester"
SEATS = ("linux", "inspect", "guest", "direct")
COUNT = 4
WHEN = "any"
SHOWN = True


def perform(stage: Stage) -> None:
    """Two rounds, as a person repeats it with another domain."""
    for domain in ("example.com", "example.net"):
        tool = stage.linux_tool("/usr/bin/theHarvester", f"theHarvester -d {domain} -b all -l 200")
        for database in stage.databases("theharvester"):
            agent = "theHarvester/4.9.0" if stage.rng.random() < 0.4 else CHROME
            kind, value = ("ip", "203.0.113.11") if database == "shodan-internetdb" else ("domain", domain)
            stage.lookup(tool, database, kind, value, agent, into=1_200 + stage.rng.randrange(20_000))
            stage.wait(0.05, 1.5)
        for host in ("www.bing.com", "search.brave.com"):
            stage.visit(tool, host, "/search?q=site", CHROME, into=30_000)
        stage.wait(60, 400)
