"""A stage in, a Windows machine that tells its address to the private reverse zones out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "Windows asks prisoner.iana.org"
LABEL = "lookalike"
WHY = "Dynamic updates of private reverse zones: every Windows network asks for it."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect")
COUNT = 4
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Now and then over the day."""
    for _ in range(20):
        stage.dns("prisoner.iana.org", ("A", "AAAA"))
        stage.wait(300, 1_500)
