"""A stage in, a scan of SpiderFoot out: eleven databases again and again, and block lists."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_NAMES

TITLE = "SpiderFoot scans our domain"
LABEL = "malicious"
WHY = "Modules feed each other: the widest spread of all tools, a Firefox 62, questions to mail block lists."
CLIENT = "spiderfoot"
SEATS = ("linux", "direct", "guest")
COUNT = 3
WHEN = "any"
SHOWN = True


AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:62.0) Gecko/20100101 Firefox/62.0"


def perform(stage: Stage) -> None:
    """Five rounds over names that the rounds before have found."""
    tool = stage.linux_tool("/usr/bin/python3", "python3 /opt/spiderfoot/sf.py -s example.com -m all -q")
    names = ("example.com", *stage.rng.sample(OUR_NAMES, 4))
    for target in names:
        for database in stage.databases("spiderfoot"):
            kind = "domain" if target == "example.com" else "hostname"
            stage.lookup(tool, database, kind, target, AGENT, into=900 + stage.rng.randrange(15_000))
            stage.wait(0.5, 12)
        number = stage.rng.randrange(2, 250)
        for zone in ("zen.spamhaus.org", "bl.spamcop.net", "dnsbl.sorbs.net"):
            stage.dns(f"{number}.113.0.203.{zone}")
