"""What each rule found in; out the episodes: rows of one actor that rules tie together.

Two lookups of an actor belong to one episode when less than an hour lies between them, or when one tying
rule's windows span them. A rule ties when its time span is at most six hours or when it says so; a longer
rule that does not tie adds its points to every episode that holds one of its lookups.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glasshouse.watch.detect.groups import Outcome
from glasshouse.watch.detect.plan import Rule
from glasshouse.watch.enrich import HOUR, Rows


@dataclass(slots=True)
class Episode:
    """One actor's rows that rules tie together, ascending; per rule the rows it fired on."""

    actor: str
    rows: list[int] = field(default_factory=list)
    fired: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """One actor's share of all outcomes."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    rows: dict[str, list[int]] = field(default_factory=dict)


def episodes(rows: Rows, fired: Sequence[tuple[Rule, Outcome]]) -> list[Episode]:
    """All episodes of all actors, by first lookup; rules of 0 points never make one, they only annotate."""
    found: dict[str, _Found] = {}
    for rule, outcome in fired:
        _spread(rows, rule, outcome, found)
    out: list[Episode] = []
    silent = {rule.key for rule, _ in fired if not rule.points}
    for actor, share in found.items():
        out.extend(_of_actor(actor, share, rows.column("time"), silent))
    return sorted(out, key=lambda one: (one.rows[0], one.actor))


def _spread(rows: Rows, rule: Rule, outcome: Outcome, found: dict[str, _Found]) -> None:
    """Give each actor its rows of one outcome, and the spans of time that tie them."""
    actors, clock = rows.column("actor"), rows.column("time")
    mine: dict[str, set[int]] = {}
    ties = rule.ties and outcome.stretches is not None
    for stretch in outcome.stretches if outcome.stretches is not None else [outcome.rows]:
        for actor, own in _collect(actors, stretch, mine).items():
            if not rule.points:
                continue
            spans = found.setdefault(actor, _Found()).spans
            if ties:
                spans.append((clock[own[0]], clock[own[-1]]))
            else:
                spans.extend((clock[row], clock[row]) for row in own)
    for actor, numbers in mine.items():
        found.setdefault(actor, _Found()).rows[rule.key] = sorted(numbers)


def _collect(
    actors: Sequence[str], stretch: Sequence[int], into: dict[str, set[int]]
) -> Mapping[str, list[int]]:
    split: dict[str, list[int]] = {}
    names = {actors[row] for row in stretch}
    if len(names) == 1:
        split[names.pop()] = list(stretch)
    else:
        for row in stretch:
            split.setdefault(actors[row], []).append(row)
    for actor, own in split.items():
        into.setdefault(actor, set()).update(own)
    return split


def _of_actor(actor: str, share: _Found, clock: Sequence[int], silent: set[str]) -> list[Episode]:
    spans = join_spans(share.spans)
    made = [Episode(actor) for _ in spans]
    for key, numbers in share.rows.items():
        for one, (begin, end) in zip(made, spans, strict=True):
            low = bisect_left(numbers, begin, key=clock.__getitem__)
            high = bisect_right(numbers, end, key=clock.__getitem__)
            if low < high:
                one.fired[key] = numbers[low:high]
    for one in made:
        one.rows = sorted({row for key, own in one.fired.items() if key not in silent for row in own})
    return [one for one in made if one.rows]


def join_spans(spans: Sequence[tuple[int, int]], gap: int = HOUR) -> list[tuple[int, int]]:
    """Merge spans of time that overlap or lie less than ``gap`` apart."""
    out: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if out and low - out[-1][1] < gap:
            if high > out[-1][1]:
                out[-1] = (out[-1][0], high)
        else:
            out.append((low, high))
    return out
