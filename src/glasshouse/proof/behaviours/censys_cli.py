"""A stage in, the censys command and its library out: a search, then hosts in one connection each."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_ADDRESSES

TITLE = "the censys command looks at our hosts"
LABEL = "malicious"
WHY = "A command is a process with a session; the search text travels in the query, the key in a header."
CLIENT = "censys-cli"
SEATS = ("direct", "proxy", "inspect")
COUNT = 3
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """One search with pages, then views."""
    image = r"C:\Python312\Scripts\censys.exe"
    agent = "python-requests/2.32.5 (censys-python/2.2.17)"
    query = "services.tls.certificates.leaf_data.names: example.com"
    tool = stage.program(image, f'censys search "{query}" --pages 4', tells=True)
    with stage.session(tool, "search.censys.io", agent) as line:
        for _ in range(4):
            line.lookup("censys-legacy", "expression", query, host="search.censys.io", into=30_000, ms=900)
    for ip in stage.rng.sample(OUR_ADDRESSES, 12 + stage.rng.randrange(12)):
        stage.wait(0.4, 9)
        tool = stage.program(image, f"censys view {ip}", tells=True)
        stage.lookup(tool, "censys-legacy", "ip", ip, agent, host="search.censys.io", into=4_000)
