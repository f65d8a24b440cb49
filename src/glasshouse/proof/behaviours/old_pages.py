"""A stage in, somebody who reads old pages in the Web Archive out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "somebody reads old pages in the Web Archive"
LABEL = "benign"
WHY = "Pages, not the archive's index of names."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect")
COUNT = 3
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """One page through the years."""
    program, agent = stage.browser()
    for year in range(2012, 2022):
        stage.visit(
            program, "web.archive.org", f"/web/{year}0301000000/http://www.example.org/", agent, into=60_000
        )
        stage.wait(10, 60)
