"""A stage in, a run of uncover over scan databases out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import GO

TITLE = "uncover searches scan databases for us"
LABEL = "malicious"
WHY = "Go program: one search in four engines, pages of each."
CLIENT = "uncover"
SEATS = ("direct", "linux", "inspect")
COUNT = 3
WHEN = "any"
SHOWN = True


ENGINES = ("shodan", "fofa", "netlas", "criminalip")


def perform(stage: Stage) -> None:
    """Two searches."""
    image = "/opt/tools/uncover" if stage.linux else r"C:\Users\Public\uncover.exe"
    for query in ("ssl:example.com", "org:example"):
        tool = stage.program(image, f"uncover -q {query} -e {','.join(ENGINES)} -silent", tells=True)
        for database in ENGINES:
            stage.lookup(tool, database, "expression", query, GO, into=9_000 + stage.rng.randrange(50_000))
            stage.wait(0.2, 2)
        stage.wait(20, 120)
