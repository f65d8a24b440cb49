"""An Exposure in, the first screen out: revealed, not approved, to do first, and what could not be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.findings import Exposure, Finding
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import short
from glasshouse.report.paper import printed
from glasshouse.safe import safe

TITLE = "Table: the first screen, for reading in a terminal"
SUFFIX = ".txt"
ALL = True

CHANGES_SHOWN = 8
FINDINGS_SHOWN = 20
CANDIDATES_SHOWN = 5
TROUBLES_SHOWN = 5


def render(exposure: Exposure) -> str:
    """The screen, 100 columns wide, without colour."""
    found = words.still_open(exposure)
    parts: list[RenderableType] = [Text(words.headline(exposure)), Text(words.compared(exposure))]
    parts += _revealed(exposure)
    parts += _changes(exposure)
    parts += _first(found)
    parts += _findings(found, len(exposure.findings) - len(found), exposure.home)
    parts += _candidates(exposure)
    parts += _blind(exposure)
    return printed(Group(*parts))


def _revealed(exposure: Exposure) -> list[RenderableType]:
    table = _table("sub-technique", "findings", "collector", "shows", "last asked")
    found = Counter(one.technique for one in words.still_open(exposure))
    for technique in words.techniques(exposure):
        name = text.technique_words(technique) if technique else "other"
        for number, cells in enumerate(words.shown(exposure, technique)):
            head = (name, f"{found[technique]:,}") if number == 0 else ("", "")
            table.add_row(*map(Text, (*head, *cells)))
    return [_title("What is revealed"), table]


def _changes(exposure: Exposure) -> list[RenderableType]:
    found = words.unapproved(exposure)
    lines = [f"{one.verdict}: {words.change_words(one)}" for one in found]
    return [
        _title("What changed without approval"),
        Text(words.changed(exposure)),
        *_list(lines, CHANGES_SHOWN, "glasshouse exposure diff shows all"),
    ]


def _first(found: list[Finding]) -> list[RenderableType]:
    steps = words.steps(found)
    if not steps:
        return []
    grid = Table.grid(padding=(0, 1))
    grid.add_column(justify="right")
    grid.add_column(overflow="fold")
    for number, step in enumerate(steps[: words.FIRST], 1):
        one = step.first
        head = f"{safe(one.title)}: {step.about}"
        grid.add_row(Text(f"{number}."), Text(f"{one.priority}, {one.level}, {one.score}: {head}"))
        grid.add_row(Text(""), Text(words.remedy(one)))
        grid.add_row(Text(""), Text(f"owner: {step.owner}; {step.ids}"))
    more = len(steps) - words.FIRST
    rest = [Text(f"and {text.count(more, 'more step')}; -f html shows them all")] if more > 0 else []
    return [_title("What to do first"), grid, *rest]


def _findings(found: list[Finding], settled: int, home: str) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if found or settled:
        parts.append(_title(f"Findings ({len(found):,})"))
    if found:
        parts.append(_finding_table(found))
    if (more := len(found) - FINDINGS_SHOWN) > 0:
        parts.append(Text(f"and {more:,} more of lower rank; -f html or -f csv shows them all"))
    if settled:
        parts.append(Text(f"{text.count(settled, 'finding')} accepted or resolved, not listed here"))
    if found:
        show = words.SHOW.format(finding=safe(found[0].id), home=words.at_home(home))
        parts.append(Text(f"Next: {show}"))
    return parts


def _finding_table(found: list[Finding]) -> Table:
    table = _table("finding", "priority", "score", "about", "what", "owner")
    for one in found[:FINDINGS_SHOWN]:
        cells = (one.id, one.priority, str(one.score), one.about, one.title, one.owner or "-")
        table.add_row(*(Text(short(cell, 120), overflow="fold") for cell in cells))
    return table


def _candidates(exposure: Exposure) -> list[RenderableType]:
    found = words.candidates(exposure)
    if not found:
        return []
    return [
        _title(f"Names and addresses that tie to us, not in the inventory ({len(found):,})"),
        *_list(map(words.tie_words, found), CANDIDATES_SHOWN, "glasshouse exposure unknown lists them"),
    ]


def _blind(exposure: Exposure) -> list[RenderableType]:
    lines = words.blind_lines(exposure.blind)
    troubles = [text.trouble_words(one) for one in exposure.troubles]
    parts: list[RenderableType] = [_title("What could not be seen")]
    if not lines:
        parts.append(Text("Every database that may be asked answered wholly."))
    parts += _list(lines, len(lines), "")
    if troubles:
        parts += [_title("Troubles"), *_list(troubles, TROUBLES_SHOWN, "-f json holds them all")]
    return parts


def _title(name: str) -> Text:
    return Text(f"\n{name}")


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in ("finding", "priority", "score"))
    return table


def _list(lines: Iterable[str], most: int, more: str) -> list[RenderableType]:
    items = list(lines)
    if not items:
        return []
    grid = Table.grid(padding=(0, 1))
    for item in items[:most]:
        grid.add_row(Text("-"), Text(item, overflow="fold"))
    rest = len(items) - most
    return [grid, *([Text(f"and {rest:,} more; {more}")] if rest > 0 else [])]
