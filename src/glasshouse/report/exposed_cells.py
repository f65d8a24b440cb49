"""Cells in, CSV out (RFC 4180): cleaned text, and nothing in it that a spreadsheet runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from glasshouse.report.sinks.csv import guarded
from glasshouse.safe import safe

Cell = str | int | list[str] | None  # a list: lines of one cell
LONGEST = 32_000  # characters; a cell of a spreadsheet holds 32,767


def sheet(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A head and one row each."""
    paper = io.StringIO()
    writer = csv.writer(paper, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(one) for one in row])
    return paper.getvalue()


def joined(values: Iterable[str]) -> str:
    """Several values in one cell."""
    return "; ".join(safe(value) for value in values if value)


def _cell(value: Cell) -> str | int | None:
    if isinstance(value, list):
        value = "\n".join(map(safe, value))
    elif isinstance(value, str):
        value = safe(value)
    return guarded(value[:LONGEST]) if isinstance(value, str) else value
