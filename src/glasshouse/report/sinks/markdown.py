"""Report or lookups in, Markdown out: for tickets and wikis; log text forms neither links nor markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from glasshouse.records import Alert, Lookup, Report
from glasshouse.report import text
from glasshouse.safe import safe

NAME = "markdown"
TITLE = "Markdown: a report for tickets and wikis"
SUFFIX = ".md"

LOOKUP_COLUMNS = ("time", "via", "database", "who", "targets", "client", "requests", "file")
TARGETS_SHOWN = 20
EVIDENCE_SHOWN = 5

# Entities where GitHub would see a link, a mention or a tag; backslashes before all other markup.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "/": "&#47;"}
_MARKUP = re.compile(r"[\\`*_{}\[\]|~#!^$&<>@]|(?<=:)/(?=/)|(?i:(?<=www))\.")


def escaped(value: str) -> str:
    """Return ``value`` on one line as Markdown that shows it and does nothing else."""

    def entity_or_backslash(match: re.Match[str]) -> str:
        mark = match.group()
        return "&#46;" if mark == "." else _ENTITIES.get(mark, f"\\{mark}")

    return _MARKUP.sub(entity_or_backslash, safe(value))


def render(report: Report) -> str:
    """Return the whole report: headline, one section per alert, what was not seen."""
    blocks = ["# Lookups in open technical databases", escaped(text.headline(report))]
    if covered := text.period(report):
        blocks.append(f"Logs cover {covered}.")
    for alert in text.by_score(report.alerts):
        blocks.extend(_alert_blocks(alert))
    blocks.extend(_list("Rules that could not run", map(text.rule_words, text.stopped_rules(report))))
    blocks.extend(_list("Troubles while reading", text.trouble_lines(report.tally)))
    blocks.extend(_list("What these logs could not show", report.blind_spots))
    return "\n\n".join(blocks) + "\n"


def lookups(lookups: Iterable[Lookup]) -> Iterator[str]:
    """Yield a table: its head, then one row per lookup as it comes."""
    yield _row(LOOKUP_COLUMNS) + _row(["---"] * len(LOOKUP_COLUMNS))
    for lookup in lookups:
        cells = (
            *(text.when(lookup.time), lookup.via, lookup.database or "", text.who(lookup.actor)),
            text.some(map(text.target_words, lookup.targets), 3),
            *(text.client_words(lookup.client), text.asked(lookup.requests)),
            f"{lookup.file}:{lookup.position}",
        )
        yield _row([escaped(cell) for cell in cells])


def _alert_blocks(alert: Alert) -> list[str]:
    facts = (
        ("Who", text.who(alert.actor, alert.users)),
        ("When", text.span(alert)),
        ("Databases", ", ".join(alert.databases)),
        ("Techniques", ", ".join(map(text.technique_words, alert.techniques))),
        ("Requests", f"{text.asked(alert.requests)}; {alert.requests.how}"),
        ("Targets", text.some(map(text.target_words, alert.targets), TARGETS_SHOWN)),
        ("Clients", text.some(map(text.client_words, alert.clients), TARGETS_SHOWN)),
        ("Seen through", ", ".join(alert.visibility.seen_through)),
    )
    score = _row(["points", "rule", "reason"]) + _row(["---:", "---", "---"])
    for row in alert.points:
        score += _row([f"{row.points:+d}", escaped(row.rule), escaped(row.reason)])
    score += _row([f"**{alert.score}**", "**score**", ""])
    evidence = [f"{item.file}:{item.position} sha256 {item.record_sha256}" for item in alert.evidence]
    more = alert.evidence_total - min(len(evidence), EVIDENCE_SHOWN)
    return [
        f"## {alert.level}, {alert.score}: {escaped(alert.summary)}",
        "\n".join(f"* {name}: {escaped(value)}" for name, value in facts if value),
        score.rstrip("\n"),
        *_list("Could not be seen", alert.visibility.not_shown, level=3),
        *_list("Evidence", evidence[:EVIDENCE_SHOWN], level=3),
        *([f"and {more:,} more"] if more > 0 else []),
        f"Alert {escaped(alert.id)}",
    ]


def _list(title: str, lines: Iterable[str], level: int = 2) -> list[str]:
    bullets = "\n".join(f"* {escaped(line)}" for line in lines)
    return [f"{'#' * level} {title}", bullets] if bullets else []


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
