"""Report in, one self-contained HTML page out: no script, no request to anywhere, readable on a phone."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from glasshouse.records import Alert, Report
from glasshouse.report import text
from glasshouse.safe import safe

NAME = "html"
TITLE = "HTML: one page to read and to send on"
SUFFIX = ".html"

STRIP = 1000  # width of a time strip in its own units
SHORTEST_BAR = 8
LANES = 40
TROUBLES_SHOWN = 50


def render(report: Report) -> str:
    """Return the page; gravest alerts first, and what the logs could not show at the end."""
    template, style = _template()
    page = template.render(
        report=report,
        alerts=text.by_score(report.alerts),
        counts=text.level_counts(report.alerts),
        records=sum(source.records for source in report.tally.sources.values()),
        octets=sum(source.bytes for source in report.tally.sources.values()),
        quarantined=sum(source.quarantined for source in report.tally.sources.values()),
        stopped=text.stopped_rules(report),
        troubles=report.tally.troubles[:TROUBLES_SHOWN],
        troubles_more=max(0, report.tally.troubles_total - TROUBLES_SHOWN),
        day=_day(report),
        style=Markup(style),  # noqa: S704 -- our own file, nothing of the report is in it
        style_hash=_csp_hash(style),
    )
    return page if page.endswith("\n") else f"{page}\n"


def bar(alert: Alert, first: int, last: int) -> tuple[int, int]:
    """Return where an alert begins on the strip from ``first`` to ``last``, and how wide it is."""
    length = max(1, last - first)
    start = round((alert.first_seen - first) / length * STRIP)
    width = max(SHORTEST_BAR, round((alert.last_seen - alert.first_seen) / length * STRIP))
    width = min(width, STRIP)
    return min(max(0, start), STRIP - width), width


def ticks(alert: Alert) -> list[int]:
    """Return where the evidence of an alert stands on a strip from its first to its last lookup."""
    length = max(1, alert.last_seen - alert.first_seen)
    places = {round((item.time - alert.first_seen) / length * STRIP) for item in alert.evidence}
    return sorted(place for place in places if 0 <= place <= STRIP)


def _day(report: Report) -> tuple[int, int]:
    """Return the first and last moment of the overview: the logs' own, widened to hold every alert."""
    starts = [alert.first_seen for alert in report.alerts]
    ends = [alert.last_seen for alert in report.alerts]
    if report.first_time is not None:
        starts.append(report.first_time)
    if report.last_time is not None:
        ends.append(report.last_time)
    return (min(starts), max(ends)) if starts and ends else (0, 0)


def _csp_hash(style: str) -> str:
    """Return the hash by which a Content-Security-Policy names one style element (W3C CSP 3, hash-source)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


def _cleaned(value: object) -> object:
    return safe(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _template() -> tuple[Template, str]:
    """Return the page's template and its style sheet."""
    loader = PackageLoader("glasshouse.report", "sinks")
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["client_words"] = text.client_words
    environment.globals.update(text=text, bar=bar, ticks=ticks, STRIP=STRIP, LANES=LANES)
    return environment.get_template("html_page.html"), loader.get_source(environment, "html_style.css")[0]
