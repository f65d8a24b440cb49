"""One finding in, one page out: what, where, since when, why, what to do, who, and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.findings import Finding
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report.exposed_facts import day, short
from glasshouse.report.paper import WIDTH, printed

EVIDENCE_SHOWN = 50


def page(finding: Finding, width: int = WIDTH, *, colour: bool = False, home: str = "") -> str:
    """Questions with their answers; the rows of the score add up to it."""
    parts: list[RenderableType] = [Text(story.title(finding), style="bold"), _grid(_questions(finding))]
    parts.append(Text("\nWhy this priority", style="bold"))
    parts.append(_points(finding))
    parts.append(Text("\nEvidence", style="bold"))
    lines = story.evidence(finding, EVIDENCE_SHOWN) or ["No observation: it rests on what is missing."]
    parts.append(_grid(("-", line) for line in lines))
    if finding.state == "open":
        accept = f"glasshouse exposure accept-risk {short(finding.id)}{words.at_home(home)}"
        parts.append(Text(f"\nNext: do the step, or {accept} --owner WHO --until DATE --reason WHY"))
    return printed(Group(*parts), width, colour=colour)


def _questions(one: Finding) -> list[tuple[str, str]]:
    due = f", due {day(one.due)}" if day(one.due) else ""
    asset = story.asset_words(one.asset)
    reduce = short(one.remedy) or "no step is known"
    goes = (
        f"Then vanishes: {short(one.vanishes)}."
        if one.vanishes
        else "What is public already cannot be reduced."
    )
    inside = story.looked_up(one) or "Nobody inside, in lookups that show what they asked about."
    rows = [
        ("What?", short(one.says) or short(one.title)),
        ("Where?", f"{short(one.about)}; {asset if one.asset is None else f'ours by {asset}'}"),
        ("Shown by?", story.shown_words(one)),
        ("Public?", story.public_words(one)),
        ("How bad?", f"{one.level}, confidence {one.confidence}; {_brought(one)}"),
        ("How soon?", f"{one.priority}: {words.PRIORITY_WORDS[one.priority]}{due}"),
        ("What reduces it?", f"{reduce}\n{goes}" + (f"\n{story.M1056}" if one.m1056 else "")),
        ("Who owns it?", words.owner(one)),
        ("Who looked it up?", inside),
        ("State", story.state_words(one)),
    ]
    return rows


def _brought(one: Finding) -> str:
    return (
        f"the change that brought it is {one.verdict}"
        if one.verdict
        else "no change is known that brought it"
    )


def _points(one: Finding) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right")
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in one.points:
        grid.add_row(Text(f"{row.points:+d}"), Text(short(row.rule, 30)), Text(short(row.reason)))
    grid.add_row(Text(f"{one.score}", style="bold"), Text("score"), Text(_sum_holds(one)))
    return grid


def _sum_holds(one: Finding) -> str:
    total = sum(row.points for row in one.points)
    return "" if total == one.score else f"the rows add up to {total}: report this"


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for name, said in rows:
        grid.add_row(Text(name), Text(said))
    return grid
