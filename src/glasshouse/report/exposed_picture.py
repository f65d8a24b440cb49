"""An Exposure in; out, the numbers of two pictures: findings over time, and what each sub-technique shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from glasshouse.findings import Exposure, Trend
from glasshouse.records import LEVELS, Level
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import day, kind_words

COLUMNS = 24  # surveys in the picture, the last ones
WIDTH, HEIGHT = 600, 140
GAP = 6
BAR = 1000  # the longest bar of a sub-technique


@dataclass(frozen=True, slots=True)
class Block:
    """One rectangle."""

    level: Level
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    """One survey: its blocks from the ground up, and what it says in words."""

    blocks: tuple[Block, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One sub-technique: things shown, findings, their level, and lengths of bars."""

    name: str
    shows: str
    things: int
    findings: int
    worst: Level
    things_bar: int
    findings_bar: int


def columns(exposure: Exposure) -> list[Column]:
    """The surveys of the past and this one as columns of findings by level; none for a single survey."""
    past = [one for one in exposure.trend if one.time < exposure.at]
    found = words.still_open(exposure)
    now = Trend(exposure.at, tuple(words.levels(found)), len(words.unapproved(exposure)))
    shown = [*sorted(past, key=lambda one: one.time), now][-COLUMNS:]
    if len(shown) < 2:
        return []
    tallest = max(1, *(sum(number for _, number in one.levels) for one in shown))
    step = WIDTH // len(shown)
    return [_column(one, at * step, step - GAP, tallest) for at, one in enumerate(shown)]


def _column(one: Trend, x: int, width: int, tallest: int) -> Column:
    blocks, ground = list[Block](), HEIGHT
    counts = dict(one.levels)
    for level in LEVELS:
        if number := counts.get(level, 0):
            height = max(1, round(number / tallest * HEIGHT))
            ground = max(0, ground - height)
            blocks.append(Block(level, x, ground, width, height))
    return Column(tuple(blocks), f"{day(one.time)}: {_says(counts)}; {one.unapproved:,} changes unapproved")


def _says(counts: Mapping[Level, int]) -> str:
    said = ", ".join(f"{counts[level]:,} {level}" for level in reversed(LEVELS) if counts.get(level))
    return said or "no open finding"


def rows(exposure: Exposure) -> list[Row]:
    """The five sub-techniques, each with how much is shown and found; bars grow with the square root."""
    things: Counter[str] = Counter()
    shows: dict[str, list[str]] = {}
    for one in sorted(exposure.revealed, key=lambda row: (row.database, row.kind)):
        things[one.technique] += one.things
        shows.setdefault(one.technique, []).append(f"{one.database}: {kind_words(one.kind, one.things)}")
    if exposure.edges:
        things[words.CDN] += len(exposure.edges)
        shows.setdefault(words.CDN, []).append(words.edges_words(exposure))
    found: dict[str, list[Level]] = {}
    for finding in words.still_open(exposure):
        found.setdefault(finding.technique, []).append(finding.level)
    most = max([1, *things.values()])
    worst = max([1, *map(len, found.values())])
    return [
        Row(
            name=text.technique_words(technique) if technique else "other",
            shows=text.some(shows.get(technique, ()), 6) or words.NOTHING_SHOWN,
            things=things[technique],
            findings=len(found.get(technique, ())),
            worst=max(found.get(technique, ["informational"]), key=LEVELS.index),
            things_bar=round((things[technique] / most) ** 0.5 * BAR),
            findings_bar=round((len(found.get(technique, ())) / worst) ** 0.5 * BAR),
        )
        for technique in words.techniques(exposure)
    ]
