"""A coverage Ledger in, CSV for people out: a row for each sub-technique, database and kind of log."""

from __future__ import annotations

from glasshouse.ledger import GRADES, Cell, Ledger, cells
from glasshouse.report.exposed_cells import joined, sheet
from glasshouse.report.text import technique_words

TITLE = "CSV: a row for each sub-technique, database and kind of log, for spreadsheets"
SUFFIX = ".csv"

COLUMNS = (
    *("technique", "name", "database", "kind", "state", "counts_now", "ways"),
    *(f"ways_{grade}" for grade in reversed(GRADES)),
    *("sources", "reasons"),
)


def render(ledger: Ledger) -> str:
    """A head and one row per cell; ``counts_now`` is no where the kind is absent or silent.

    The six ``ways_`` columns say what the kind shows while it is heard; they add up to ``ways``.
    """
    sources = {one.kind: joined(one.sources) for one in ledger.kinds}
    return sheet(COLUMNS, (_row(one, sources[one.kind]) for one in cells(ledger)))


def _row(one: Cell, sources: str) -> tuple[str | int, ...]:
    counted = dict(one.grades)
    return (
        *(one.technique, technique_words(one.technique).removeprefix(f"{one.technique} "), one.database),
        *(one.kind, one.state, "yes" if one.state == "heard" else "no", one.ways),
        *(counted.get(grade, 0) for grade in reversed(GRADES)),
        *(sources, joined(one.reasons)),
    )
