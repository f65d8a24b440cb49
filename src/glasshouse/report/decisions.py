"""Judged alerts in, the table of decisions out: what to do with each, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.report import text
from glasshouse.report.paper import WIDTH, printed
from glasshouse.safe import safe
from glasshouse.verdicts import DECISIONS, DecisionName, Triaged

STYLES: Mapping[DecisionName, str] = {
    "contain": "bold white on red",
    "escalate-t2": "bold red",
    "l1-review": "bold yellow",
    "watch": "cyan",
    "close-benign": "dim",
    "close-authorised": "green",
}
ORDER: tuple[DecisionName, ...] = tuple(STYLES)
ALL = "All of them: glasshouse triage -f jsonl; those of a time: --since, --until."


def render(
    judged: Sequence[Triaged],
    cases: Mapping[str, str],
    width: int = WIDTH,
    *,
    colour: bool = False,
    counts: Mapping[DecisionName, int] | None = None,
) -> str:
    """The gravest decision first, each with its reasons; ``cases`` names the case of an alert.

    ``counts`` are those of all alerts, where ``judged`` are only the gravest of them.
    """
    ranked = sorted(judged, key=lambda one: (ORDER.index(one.decision.name), -one.alert.score, one.alert.id))
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1), show_lines=True)
    table.add_column("decision", no_wrap=True)
    table.add_column("score", no_wrap=True, justify="right")
    table.add_column("alert and reasons", ratio=1, overflow="fold")
    for one in ranked:
        title = Text(DECISIONS[one.decision.name])
        title.stylize(STYLES[one.decision.name])
        table.add_row(title, str(one.alert.score), _story(one, cases.get(one.alert.id, "")))
    every = Counter(one.decision.name for one in judged) if counts is None else counts
    parts: list[RenderableType] = [Text(headline(every), style="bold")]
    if (more := sum(every.values()) - len(judged)) > 0:
        parts.append(Text(f"Not shown here: {text.count(more, 'alert')} less grave. {ALL}"))
    return printed(Group(*parts, *([table] if ranked else [])), width, colour=colour)


def headline(counts: Mapping[DecisionName, int]) -> str:
    """One sentence: how many alerts, and how many of each decision."""
    said = ", ".join(f"{counts[name]} {DECISIONS[name]}" for name in ORDER if counts.get(name))
    return f"{text.count(sum(counts.values()), 'alert')} judged: {said}." if said else "No alert to judge."


def _story(one: Triaged, case: str) -> Group:
    facts = Table.grid(padding=(0, 1))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    held = [criterion.says for criterion in one.decision.criteria if criterion.held]
    rows = (
        ("who", text.who(one.alert.actor, one.alert.users)),
        ("about us?", one.verdict["about_us"].says),
        ("allowed?", one.verdict["authorised"].says),
        ("because", " ".join(held) or one.decision.says),
        ("alert", f"{one.alert.id}{f', case {case}' if case else ''}"),
    )
    for name, value in rows:
        facts.add_row(Text(name), Text(safe(value)))
    return Group(Text(safe(one.alert.summary), style="bold"), facts)
