"""Report or lookups in, a table for the terminal out: the plain sentence first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.records import Alert, Lookup, Report
from glasshouse.report import text
from glasshouse.report.paper import WIDTH, printed
from glasshouse.safe import safe

NAME = "table"
TITLE = "Table: for reading in a terminal"
SUFFIX = ".txt"

LISTED = 8
ALERTS_SHOWN = 100
LEVEL_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "bold yellow",
    "low": "cyan",
    "informational": "dim",
}
LOOKUP_COLUMNS = (("time", 20), ("via", 7), ("database", 14), ("who", 24), ("requests", 8), ("targets", 0))


def render(report: Report, width: int = WIDTH, *, colour: bool = False) -> str:
    """Return the report ``width`` columns wide, without colour unless asked for."""
    parts: list[RenderableType] = [Text(text.headline(report), style="bold")]
    if covered := text.period(report):
        parts.append(Text(f"Logs cover {covered}.", style="dim"))
    if report.alerts:
        parts.append(_alert_table(report))
    if (more := len(report.alerts) - ALERTS_SHOWN) > 0:
        parts.append(Text(f"and {more:,} more alerts of lower rank; -f html or -f jsonl shows them all"))
    parts.extend(_list("Rules that could not run", map(text.rule_words, text.stopped_rules(report))))
    parts.extend(
        _list(
            "Troubles while reading",
            map(text.trouble_words, report.tally.troubles),
            report.tally.troubles_total,
        )
    )
    parts.extend(_list("What these logs could not show", map(safe, report.blind_spots)))
    if command := text.next_command(report):
        parts.append(Text.assemble("\nNext: ", (command, "bold")))
    return printed(Group(*parts), width, colour=colour)


def for_terminal(report: Report, width: int, *, colour: bool) -> str:
    """Return the report for a terminal of this width."""
    return render(report, width, colour=colour)


def lookups(lookups: Iterable[Lookup]) -> Iterator[str]:
    """Yield a head line, then one line per lookup as it comes; columns keep their width."""
    yield _fixed([name for name, _ in LOOKUP_COLUMNS])
    for lookup in lookups:
        yield _fixed(
            [
                *(text.when(lookup.time), lookup.via, safe(lookup.database or "-"), text.who(lookup.actor)),
                f"{lookup.requests.estimate:,}",
                text.some(map(text.target_words, lookup.targets), 3)
                or (f"({safe(lookup.name)})" if lookup.name else "-"),
            ]
        )


def _alert_table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), show_lines=True)
    table.add_column("level", no_wrap=True)
    table.add_column("score", no_wrap=True, justify="right")
    table.add_column("what happened", ratio=1, overflow="fold")
    for alert in text.by_score(report.alerts)[:ALERTS_SHOWN]:
        level = Text("info" if alert.level == "informational" else alert.level)
        level.stylize(LEVEL_STYLES[alert.level])
        table.add_row(level, Text(str(alert.score), style="bold"), _story(alert))
    return table


def _story(alert: Alert) -> Group:
    facts = Table.grid(padding=(0, 1))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    databases = text.some(alert.databases, LISTED) or "unknown database"
    seen = text.some(alert.visibility.seen_through, LISTED)
    rows = (
        ("who", text.who(alert.actor, alert.users)),
        ("asked", f"{databases}: {text.asked(alert.requests)}"),
        ("about", text.some(map(text.target_words, alert.targets), 4)),
        ("when", text.span(alert) + (f", seen through {seen}" if seen else "")),
        ("why", text.sum_words(alert.points, alert.score)),
        ("alert", safe(alert.id)),
    )
    for name, value in rows:
        if value:
            facts.add_row(Text(name), Text(value))
    return Group(Text(safe(alert.summary), style="bold"), facts)


def _list(title: str, lines: Iterable[str], total: int | None = None) -> list[RenderableType]:
    """A titled list of the first lines; ``total`` where there are more than those given."""
    items = list(lines)
    count = len(items) if total is None else total
    if not items:
        return []
    more = [f"and {count - LISTED:,} more"] if count > LISTED else []
    grid = Table.grid(padding=(0, 1))
    for item in (*items[:LISTED], *more):
        grid.add_row(Text("-"), Text(item, overflow="fold"))
    return [Text(f"\n{title} ({count:,})", style="bold"), grid]


def _fixed(cells: list[str]) -> str:
    columns = zip(cells, LOOKUP_COLUMNS, strict=True)
    padded = (_cut(cell, width) if width else cell for cell, (_, width) in columns)
    return f"{' '.join(padded).rstrip()}\n"


def _cut(cell: str, width: int) -> str:
    fitted = Text(cell)
    fitted.truncate(width, overflow="ellipsis", pad=True)
    return fitted.plain
