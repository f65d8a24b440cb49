"""A stage in, a run of BBOT without keys out: start-up pings, then sixteen databases, twice or more each."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "BBOT enumerates our sub-domains"
LABEL = "malicious"
WHY = "Python on Linux, or in WSL where agents see only its start; an Edge 119 long after that release."
CLIENT = "bbot"
SEATS = ("linux", "guest", "server", "inspect")
COUNT = 4
WHEN = "any"
SHOWN = True


AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 "
    "Safari/537.36 Edg/119.0.2151.97"
)


def perform(stage: Stage) -> None:
    """Modules ask in turns; what the first found is asked about again."""
    tool = stage.linux_tool("/usr/local/bin/bbot", "bbot -t example.com -p subdomain-enum -y")
    stage.lookup(tool, "leakix", "ip", "1.2.3.4.5", AGENT)
    stage.lookup(tool, "chaos", "domain", "example.com", AGENT)
    for target in ("example.com", "dev.example.com", "shop.example.com")[: 2 + stage.rng.randrange(2)]:
        databases = list(stage.databases("bbot"))
        stage.rng.shuffle(databases)
        for database in databases:
            kind, value = ("ip", "203.0.113.10") if database == "shodan-internetdb" else ("domain", target)
            stage.lookup(tool, database, kind, value, AGENT, into=900 + stage.rng.randrange(12_000))
            stage.wait(0.0, 0.7)
        stage.wait(20, 90)
