"""The cases that wait in, one line or two for each out: what to take next."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from glasshouse.report import text
from glasshouse.report.decisions import STYLES
from glasshouse.report.paper import WIDTH, printed
from glasshouse.safe import safe
from glasshouse.verdicts import DECISIONS, Triaged

Line = tuple[str, str, str, int, Triaged]  # case, state, with whom, opened, its gravest alert


def render(lines: Sequence[Line], width: int = WIDTH, *, colour: bool = False) -> str:
    """In the order given."""
    if not lines:
        return "No case waits.\n"
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
    for name in ("case", "decision", "score", "about us", "allowed"):
        table.add_column(name, no_wrap=True)
    table.add_column("what happened", ratio=1, overflow="fold")
    for name, state, assignee, opened, one in lines:
        decision = Text(DECISIONS[one.decision.name])
        decision.stylize(STYLES[one.decision.name])
        told = f"{state}{f', with {assignee}' if assignee else ''}, opened {text.when(opened)}"
        table.add_row(
            Text(name),
            decision,
            Text(str(one.alert.score)),
            Text(one.verdict["about_us"].value),
            Text(one.verdict["authorised"].value),
            Group(Text(safe(one.alert.summary)), Text(safe(told), style="dim")),
        )
    head = Text(text.count(len(lines), "case"), style="bold")
    last = Text.assemble("Next: ", (f"glasshouse case show {lines[0][0]}", "bold"))
    return printed(Group(head, table, last), width, colour=colour)
