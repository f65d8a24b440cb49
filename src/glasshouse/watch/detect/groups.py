"""Rows that a rule found in; out groups of them, the windows that slide over each, and all rows in those."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from glasshouse.watch.detect import windows

Key = tuple[Any, ...]
ONLY = frozenset({0})


@dataclass(slots=True)
class Group:
    """The events of one group, in time order; ``behind`` has the windows that chained events end."""

    key: Key
    rows: list[int]  # the row each event stands at
    slots: list[frozenset[int]] | None = None  # the referred rules each event answers to; None: a single rule
    behind: list[Layer] = field(default_factory=list)
    measured: dict[Hashable, Measured] = field(default_factory=dict)
    begins: dict[int, windows.Starts] = field(default_factory=dict)  # by span
    clock: Clock | None = None


Clock = tuple[
    list[int], list[int], windows.Starts
]  # times; the same, or none if no two are equal; last of each
Measured = tuple[windows.Reached, windows.Starts, windows.Starts]
Window = tuple[Group, int, int]  # a group, and the first and last event of the window in it
Part = tuple[Group, windows.Starts, windows.Starts]  # a group and its windows


@dataclass(slots=True)
class Layer:
    """Windows by the row that ends them; a row that ends some in several groups stands in several layers."""

    parts: dict[int, Part] = field(default_factory=dict)
    events: dict[int, int] = field(default_factory=dict)  # which event of its group the row is

    def windows(self, rows: Iterable[int]) -> Iterator[Window]:
        """The windows that end at some rows, joined where they overlap."""
        known = [row for row in rows if row in self.events]
        parts = {id(part): part for part in map(self.parts.__getitem__, known)}
        if len(parts) > 1:
            ended: dict[int, list[int]] = {name: [] for name in parts}
            for row in known:
                ended[id(self.parts[row])].append(self.events[row])
        else:
            ended = {name: list(map(self.events.__getitem__, known)) for name in parts}
        for name, (group, begin, end) in parts.items():
            yield from ((group, low, high) for low, high in windows.merged(begin, end, ended[name]))


@dataclass(slots=True)
class Outcome:
    """What one rule found: its events by row; for a correlation also what its windows held."""

    rows: list[int]
    layers: list[Layer] = field(default_factory=list)
    stretches: list[list[int]] | None = None  # rows tied by overlapping good windows; None: each row alone


@dataclass(slots=True)
class Feed:
    """The events a correlation reads: one per row, with the slots (rules) it answers to."""

    rows: list[int]
    slots: list[frozenset[int]] | None  # None: a single rule, slot 0
    layers: list[Layer]

    def slot(self, item: int) -> frozenset[int]:
        """The slots of one event."""
        return self.slots[item] if self.slots is not None else ONLY

    def group(self, key: Key, items: Sequence[int]) -> Group:
        """Some of the events as a group."""
        slots = [self.slots[item] for item in items] if self.slots is not None else None
        return Group(key, [self.rows[item] for item in items], slots, self.layers)


def lay(layers: list[Layer], events: dict[int, int], part: Part) -> None:
    """Put windows by the row that ends them into the first layer where none of these rows stands yet."""
    layer = next((one for one in layers if one.events.keys().isdisjoint(events)), None)
    if layer is None:
        layer = Layer()
        layers.append(layer)
    layer.events.update(events)
    layer.parts.update(dict.fromkeys(events, part))


def expand(held: Sequence[Window]) -> list[int]:
    """All rows in some windows, each event visited once however many windows hold it."""
    ranges: dict[int, tuple[Group, list[tuple[int, int]]]] = {}
    for group, low, high in held:
        ranges.setdefault(id(group), (group, []))[1].append((low, high))
    rows: list[int] = []
    deeper: list[Window] = []
    for group, spans in ranges.values():
        spans.sort()
        next_free = 0
        for low, high in spans:
            inside = group.rows[max(low, next_free) : high + 1]
            rows.extend(inside)
            for layer in group.behind:
                deeper.extend(layer.windows(inside))
            next_free = max(next_free, high + 1)
    if len(ranges) == 1 and not deeper:
        return rows
    return sorted({*rows, *(expand(deeper) if deeper else ())})
