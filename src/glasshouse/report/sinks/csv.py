"""Report or lookups in, CSV for people out (RFC 4180): nothing in it runs as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from glasshouse.records import Lookup, Report
from glasshouse.report.row import ALERT_COLUMNS, LOOKUP_COLUMNS, Cell, alert_row, lookup_row

NAME = "csv"
TITLE = "CSV: one alert or lookup a row, for spreadsheets"
SUFFIX = ".csv"

# Such a beginning may be run as a formula (OWASP, "CSV Injection"); the full-width forms as well.
FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")


def render(report: Report) -> str:
    """Return a header row and one row per alert, in the order of the report."""
    return _line(ALERT_COLUMNS) + "".join(_line(alert_row(alert)) for alert in report.alerts)


def lookups(lookups: Iterable[Lookup]) -> Iterator[str]:
    """Yield a header row, then one row per lookup as it comes."""
    yield _line(LOOKUP_COLUMNS)
    for lookup in lookups:
        yield _line(lookup_row(lookup))


def guarded(cell: Cell) -> Cell:
    """Return a text cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _line(cells: Sequence[Cell]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([guarded(cell) for cell in cells])
    return text.getvalue()
