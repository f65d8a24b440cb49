"""A stage in, people who check files on VirusTotal out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "somebody checks files on VirusTotal"
LABEL = "benign"
WHY = "Only a path could tell a lookup from a file check, and this path is a file's."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect")
COUNT = 5
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """Three files."""
    program, agent = stage.browser()
    for number in range(3):
        stage.visit(program, "www.virustotal.com", f"/gui/file/{number}a1b2c3d4", agent, into=210_000)
        stage.wait(30, 300)
