"""A coverage Ledger in, the first screen out: what could be seen, what could not, what fell silent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.ledger import GRADES, Ledger
from glasshouse.report import ledger_words as words
from glasshouse.report.paper import printed
from glasshouse.report.text import technique_words, trouble_words
from glasshouse.safe import safe

TITLE = "Table: the first screen, for reading in a terminal"
SUFFIX = ".txt"

SOURCES_SHOWN = 40
LINES_SHOWN = 12


def render(ledger: Ledger) -> str:
    """The screen, 110 columns wide, without colour."""
    parts: list[RenderableType] = [Text(words.headline(ledger)), Text(words.warning())]
    if ledger.silent:
        parts += _list("Silent: what they showed is not counted", words.silences(ledger))
    parts += [_title("Ways to ask, by what could be seen of them now"), _shares(ledger)]
    kinds = (Text(f"  {one.state:<7} {words.kind_words(one)}") for one in ledger.kinds)
    parts += [_title("Kinds of log"), *kinds]
    parts += [_title("Sources"), *_sources(ledger)]
    parts += _rules(ledger)
    beyond = (Text(f"  {one.what}. {one.why} Who could tell: {one.who}.") for one in ledger.beyond)
    parts += [_title("What no log of ours can show"), *beyond]
    parts += _list("What these sources say they cannot show", map(safe, ledger.blind))
    parts += _list("Could not be read", map(trouble_words, ledger.troubles))
    return printed(Group(*parts), 110)


def _shares(ledger: Ledger) -> Table:
    table = _table(
        "sub-technique", "ways", *(words.SHORT[grade] for grade in reversed(GRADES)), "went silent"
    )
    for one in words.shares(ledger):
        counts = [f"{count:,}" for count in (one.ways, *(number for _grade, number in one.grades), one.lost)]
        table.add_row(*map(Text, (technique_words(one.technique), *counts)))
    return table


def _sources(ledger: Ledger) -> list[RenderableType]:
    table = _table("source", "state", "records", "machines", "first", "last heard", "kinds")
    for one in ledger.heard[:SOURCES_SHOWN]:
        table.add_row(*map(Text, words.heard_cells(one)))
    more = len(ledger.heard) - SOURCES_SHOWN
    said = dict.fromkeys(safe(one.says) for one in ledger.heard if one.state == "heard")
    notes = [Text(f"  {line}") for line in list(said)[:LINES_SHOWN]]
    return [table, *([Text(f"  and {more:,} more")] if more > 0 else []), *notes]


def _rules(ledger: Ledger) -> list[RenderableType]:
    can = [rule for rule in ledger.rules if rule.runs]
    head = f"Rules: {len(can):,} of {len(ledger.rules):,} could run on these records"
    lines = [Text(f"  {safe(rule.rule)}: {safe(rule.says)}") for rule in ledger.rules if not rule.runs]
    return [_title(head), *lines]


def _list(head: str, lines: Iterable[str], most: int = LINES_SHOWN) -> Sequence[RenderableType]:
    every = list(lines)
    more = [Text(f"  and {len(every) - most:,} more")] if len(every) > most else []
    return [_title(head), *(Text(f"  {line}") for line in every[:most]), *more] if every else []


def _title(said: str) -> Text:
    return Text(f"\n{said}", style="bold")


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
