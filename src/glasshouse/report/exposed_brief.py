"""An Exposure in; out, its screen in short: what is revealed, what nobody approved, five things to reduce."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.findings import Exposure
from glasshouse.observed import FactKind
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import kind_words, short
from glasshouse.report.paper import WIDTH, printed
from glasshouse.safe import safe

LINES = 6  # changes without approval
LONGEST = 180  # characters of one of them


def render(exposure: Exposure, width: int = WIDTH, *, colour: bool = False) -> str:
    """The short screen; the table shows all of it."""
    changes = [
        short(f"{one.verdict}: {words.change_words(one)}", LONGEST) for one in words.unapproved(exposure)
    ]
    steps = words.steps(words.still_open(exposure))[: words.FIRST]
    parts: list[RenderableType] = [
        Text(words.headline(exposure)),
        Text(words.compared(exposure)),
        Text("\nWhat is revealed", style="bold"),
        _revealed(exposure),
        Text("\nWhat is new and unapproved", style="bold"),
        Text(words.changed(exposure)),
        _listed(zip(_dashes(), changes[:LINES], strict=False)),
        *_more(len(changes) - LINES),
        Text(f"\nThe first {len(steps)} things to reduce", style="bold"),
        _listed((f"{number}.", _step(step)) for number, step in enumerate(steps, 1)),
        Text("\nWhat could not be seen", style="bold"),
        _listed(zip(_dashes(), _blind(exposure), strict=False)),
    ]
    return printed(Group(*parts), width, colour=colour)


def _revealed(exposure: Exposure) -> Table:
    """One row for each sub-technique: how many findings, and how much its databases show."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name in ("sub-technique", "findings", "what databases show of us"):
        table.add_column(name, overflow="fold")
    found = Counter(one.technique for one in words.still_open(exposure))
    for technique in words.techniques(exposure):
        shown = Counter[tuple[str, FactKind]]()
        for row in exposure.revealed:
            if row.technique == technique:
                shown[row.database, row.kind] += row.things
        told = [f"{safe(name)}: {kind_words(kind, n)}" for (name, kind), n in shown.items()]
        told += [words.edges_words(exposure)] if technique == words.CDN and exposure.edges else []
        says = ", ".join(told)
        title = text.technique_words(technique) if technique else "other"
        table.add_row(Text(title), Text(f"{found[technique]:,}"), Text(says or words.NOTHING_SHOWN))
    return table


def _step(step: words.Step) -> str:
    one = step.first
    head = f"{safe(one.title)}: {step.about} ({one.priority}, {one.level}, {one.score})"
    return f"{head}\n{words.remedy(one)} Owner: {step.owner}."


def _blind(exposure: Exposure) -> Iterator[str]:
    """Each failure; of those nobody asked only how many they are."""
    never = [one for one in exposure.blind if one.status == "never"]
    failed = words.blind_lines([one for one in exposure.blind if one.status != "never"])
    yield from failed
    if never:
        yield f"{text.count(len(never), 'more database')} never asked"
    elif not failed:
        yield "Every database that may be asked answered wholly."


def _dashes() -> Iterator[str]:
    while True:
        yield "-"


def _more(rest: int) -> list[RenderableType]:
    return [Text(f"and {rest:,} more")] if rest > 0 else []


def _listed(rows: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right")
    grid.add_column(overflow="fold")
    for mark, said in rows:
        grid.add_row(Text(mark), Text(said, overflow="fold"))
    return grid
