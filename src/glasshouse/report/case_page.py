"""A judged alert and its case in, one page out: six questions answered, then all that is behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from glasshouse.report import text
from glasshouse.report.paper import WIDTH, printed
from glasshouse.safe import safe
from glasshouse.verdicts import Answer, Field, Triaged

MARKS = {True: "yes", False: "no", None: "cannot be told"}


@dataclass(frozen=True, slots=True)
class Page:
    """One alert and its case: lines of the case itself, its tasks, what happened to it, oldest first."""

    judged: Triaged
    case: tuple[tuple[str, str], ...]
    tasks: tuple[str, ...]
    history: tuple[str, ...]


def render(page: Page, width: int = WIDTH, *, colour: bool = False, full: bool = False) -> str:
    """Six questions with their answers first; with ``full`` all that is behind them."""
    one = page.judged
    alert, verdict = one.alert, one.verdict
    parts: list[RenderableType] = [Text(safe(alert.summary), style="bold")]
    parts.append(_grid(page.case))
    questions = [
        ("1 Who?", _who(one)),
        ("2 What?", _what(one)),
        ("3 About us?", [verdict["about_us"].says]),
        ("4 Allowed?", _allowed(one)),
        ("5 Why flagged?", [f"score {alert.score} ({alert.level})", *(_points(one))]),
        ("6 What next?", [f"{one.decision.title}: {one.decision.says}", *_next(one.answers)]),
    ]
    parts.append(_grid((name, "\n".join(said)) for name, said in questions))
    parts += _titled("Why this decision", _criteria(one, full))
    if full:
        parts += _behind(one)
    parts += _titled("Tasks", page.tasks)
    parts += _titled("History", page.history)
    if not full:
        parts.append(Text(f"\nAll fields, questions and evidence: glasshouse case show {alert.id} --full"))
    return printed(Group(*parts), width, colour=colour)


_KINDS = (
    ("question", "Questions of the playbook"),
    ("l1-step", "Steps for L1"),
    ("t2-step", "Steps for T2"),
    ("escalation", "Escalate when"),
    ("containment", "Contain and look further"),
)


def _criteria(one: Triaged, full: bool) -> list[str]:
    """What held and what could not be told; with ``full`` also what did not hold."""
    lines = [f"{MARKS[c.held]}: {c.says}" for c in one.decision.criteria if full or c.held is not False]
    return list(dict.fromkeys(lines))


def _behind(one: Triaged) -> list[RenderableType]:
    parts = _titled("What the data say", [_field(field) for field in one.verdict.fields])
    for kind, title in _KINDS:
        parts += _titled(title, [_answer(a) for a in one.answers if a.kind == kind])
    return [*parts, *_titled("Evidence", _lookups(one))]


def _who(one: Triaged) -> list[str]:
    verdict = one.verdict
    known = [verdict[name].says for name in ("privilege", "account_state", "machine")]
    return [text.who(one.alert.actor, one.alert.users), *known]


def _what(one: Triaged) -> list[str]:
    alert = one.alert
    return [
        f"{text.some(alert.databases, 8) or 'unknown database'}: {text.asked(alert.requests)}",
        f"targets: {text.some(map(text.target_words, alert.targets), 6) or 'none visible'}",
        f"{text.span(alert)}; {one.verdict['visibility'].says}",
        f"automated: {one.verdict['automated'].value} — {one.verdict['automated'].says}",
    ]


def _allowed(one: Triaged) -> list[str]:
    """What was checked, each with its result."""
    verdict = one.verdict
    return [
        f"use register: {verdict['authorised'].value} — {verdict['authorised'].says}",
        f"change records: {verdict['change'].value} — {verdict['change'].says}",
        f"exercise: {verdict['exercise'].value} — {verdict['exercise'].says}",
    ]


def _points(one: Triaged) -> list[str]:
    return [f"{row.points:+d} {row.rule}: {row.reason}" for row in one.alert.points]


def _next(answers: Iterable[Answer]) -> list[str]:
    steps = [a for a in answers if a.value == "to-do"]
    return [f"- {a.asks}" for a in steps[:6]]


def _field(one: Field) -> str:
    return f"{one.name.replace('_', ' ')}: {one.value} — {one.says}{_sure(one.confidence)}"


def _answer(one: Answer) -> str:
    where = f" [{'; '.join(ref.where for ref in one.evidence[:3])}]" if one.evidence else ""
    return f"{one.asks}\n  {one.answer}{_sure(one.confidence)}{where}"


def _sure(confidence: str) -> str:
    return "" if confidence in ("high", "none") else f" ({confidence} confidence)"


def _lookups(one: Triaged) -> list[str]:
    shown = [
        f"{text.when(e.time)} {e.source} {e.file}:{e.position} sha256 {e.record_sha256[:16]}"
        for e in one.alert.evidence[:10]
    ]
    more = one.alert.evidence_total - len(shown)
    return [
        *shown,
        *([f"and {more:,} more: glasshouse alerts show {one.alert.id} -f jsonl"] if more > 0 else []),
    ]


def _evidence(one: Triaged) -> str:
    return f"{one.alert.evidence_total} lookups"


def _grid(rows: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, value in rows:
        lines = [safe(line) for line in value.split("\n")]
        grid.add_row(Text(name), Text("\n".join(lines)))
    return grid


def _titled(title: str, lines: Sequence[str]) -> list[RenderableType]:
    if not lines:
        return []
    grid = Table.grid(padding=(0, 1))
    for line in lines:
        grid.add_row(Text("-"), Text("\n".join(safe(part) for part in line.split("\n")), overflow="fold"))
    return [Text(f"\n{title}", style="bold"), grid]
