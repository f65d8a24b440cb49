"""Report or lookups in, JSON lines out: one alert or lookup a line, exactly the machine contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glasshouse.records import Lookup, Report
from glasshouse.report.contract import alert_json, line, lookup_json

NAME = "jsonl"
TITLE = "JSON lines: one alert or lookup a line, for machines"
SUFFIX = ".jsonl"


def render(report: Report) -> str:
    """Return one line per alert, in the order of the report; schema ``alert.json``."""
    return "".join(f"{line(alert_json(alert))}\n" for alert in report.alerts)


def lookups(lookups: Iterable[Lookup]) -> Iterator[str]:
    """Yield one line per lookup as it comes; schema ``lookup.json``."""
    for lookup in lookups:
        yield f"{line(lookup_json(lookup))}\n"
