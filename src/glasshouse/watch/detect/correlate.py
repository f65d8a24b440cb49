"""A rule and what earlier rules found in; out the rule's events and the stretches of rows its windows tie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, compress, product, repeat
from operator import ge
from typing import Any as Anything

from glasshouse.watch.detect import windows
from glasshouse.watch.detect.evaluate import flags
from glasshouse.watch.detect.groups import ONLY, Feed, Group, Key, Layer, Measured, Outcome, expand, lay
from glasshouse.watch.detect.plan import All, Any, Correlation, Node, Not, Refers, Rule
from glasshouse.watch.enrich import FIELDS, LIST_FIELDS, Rows

Value = Anything  # of one field in one row


@dataclass(slots=True)
class Memo:
    """What rules of one run share: equal conditions are tested once, equal groupings made once."""

    matches: dict[Node, Outcome] = field(default_factory=dict)
    outcomes: dict[bytes, Outcome] = field(default_factory=dict)
    groups: dict[tuple[int, tuple[str, ...]], tuple[list[int], list[Group]]] = field(default_factory=dict)


def match(rule: Rule, rows: Rows, memo: Memo) -> Outcome:
    """The rows where a plain rule and all its filters hold."""
    tree = All(tuple(node for node in (rule.where, *rule.filters) if node is not None))
    if tree not in memo.matches:
        found = flags(rows, tree)
        if found not in memo.outcomes:
            memo.outcomes[found] = Outcome(list(compress(range(len(rows)), found)))
        memo.matches[tree] = memo.outcomes[found]
    return memo.matches[tree]


def feed(rule: Rule, rows: Rows, outcomes: Mapping[str, Outcome]) -> Feed:
    """Join the events of the referred rules by row, then narrow them by the correlation's filters."""
    plan = rule.correlation
    if plan is None:
        raise TypeError(f"{rule.key} is not a correlation")
    sources = [outcomes[name] for name in plan.rules]
    layers = [layer for source in sources for layer in source.layers]
    if len(sources) == 1 and not rule.filters:
        return Feed(sources[0].rows, None, layers)
    members = [set(source.rows) for source in sources]
    kept = sorted(set().union(*members))
    if rule.filters:
        allowed = flags(rows, All(rule.filters))
        kept = [row for row in kept if allowed[row]]
    known: dict[tuple[bool, ...], frozenset[int]] = {}
    slots: list[frozenset[int]] = []
    for inside in zip(*([row in member for row in kept] for member in members), strict=True):
        if inside not in known:
            known[inside] = frozenset(slot for slot, here in enumerate(inside) if here)
        slots.append(known[inside])
    return Feed(kept, slots, layers)


def correlate(
    rule: Rule, rows: Rows, outcomes: Mapping[str, Outcome], memo: Memo, feeds_others: bool
) -> Outcome:
    """Slide the rule's windows over each group of its events."""
    plan = rule.correlation
    if plan is None:
        raise TypeError(f"{rule.key} is not a correlation")
    layers: list[Layer] = []
    stretches: list[list[int]] = []
    found: list[list[int]] = []
    for group in groups(plan, rows, feed(rule, rows, outcomes), memo):
        reached, begin, end = measure(plan, rows, group)
        good = _good(plan, reached)
        stretches.extend(expand([(group, low, high)]) for low, high in windows.merged(begin, end, good))
        ended = list(map(group.rows.__getitem__, good))
        found.append(ended)
        if feeds_others:
            lay(layers, dict(zip(ended, good, strict=True)), (group, begin, end))
    every = found[0] if len(found) == 1 else sorted(set(chain.from_iterable(found)))
    return Outcome(every, layers, stretches)


def groups(plan: Correlation, rows: Rows, events: Feed, memo: Memo) -> list[Group]:
    """The events by the values of the group-by fields; an event without one of them belongs to no group."""
    if not plan.group_by:
        return [Group((), events.rows, events.slots, events.layers)] if events.rows else []
    if plan.aliases:
        return _grouped(_aliased_keys(plan, rows, events), events)
    if events.slots is not None or events.layers:
        return _by_fields(plan, rows, events)
    shared = (id(events.rows), plan.group_by)
    if shared not in memo.groups:
        memo.groups[shared] = (events.rows, _by_fields(plan, rows, events))
    return memo.groups[shared][1]


def _grouped(keys: Iterable[tuple[int, Key]], events: Feed) -> list[Group]:
    members: defaultdict[Key, list[int]] = defaultdict(list)
    for item, key in keys:
        members[key].append(item)
    return [events.group(key, items) for key, items in members.items() if None not in key]


def _by_fields(plan: Correlation, rows: Rows, events: Feed) -> list[Group]:
    columns = [rows.at(name, events.rows) for name in plan.group_by]
    keys = zip(*columns, strict=True)
    if not LIST_FIELDS.isdisjoint(plan.group_by):
        several = ((item, one) for item, key in enumerate(keys) for one in product(*map(_several, key)))
        return _grouped(several, events)
    if any(len(set(column)) != 1 for column in columns):
        return _grouped(enumerate(keys), events)
    key = next(keys)
    return [] if None in key else [Group(key, events.rows, events.slots, events.layers)]


def _aliased_keys(plan: Correlation, rows: Rows, events: Feed) -> Iterator[tuple[int, Key]]:
    named = {
        (alias, plan.rules.index(rule)): name for alias, rule, name in plan.aliases if rule in plan.rules
    }
    for item, row in enumerate(events.rows):
        keys: dict[Key, None] = {}
        for slot in sorted(events.slot(item)):
            fields = [named.get((name, slot), name) for name in plan.group_by]
            known = [rows.column(name)[row] if name in FIELDS else None for name in fields]
            keys.update(dict.fromkeys(product(*map(_several, known))))
        for key in keys:
            yield item, key


def _several(value: Value) -> tuple[Value, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _good(plan: Correlation, reached: windows.Reached) -> list[int]:
    """The events whose windows met the condition."""
    if len(plan.limits) == 1 and plan.limits[0].op == "gte":
        need = plan.limits[0].value
        if None not in reached:
            return list(compress(range(len(reached)), map(ge, reached, repeat(need))))  # type: ignore[arg-type]
        return [index for index, value in enumerate(reached) if value is not None and value >= need]
    return [index for index, value in enumerate(reached) if windows.within(value, plan.limits)]


def measure(plan: Correlation, rows: Rows, group: Group) -> Measured:
    """Per event of the group: what its window reached, and the window's first and last event."""
    wanted = (plan.type, plan.span, plan.field, plan.percentile, plan.shape, plan.rules)
    key = wanted[:-1] if group.slots is None else wanted
    if key not in group.measured:
        group.measured[key] = _measure(plan, rows, group)
    return group.measured[key]


def _measure(plan: Correlation, rows: Rows, group: Group) -> Measured:
    if group.clock is None:
        times = rows.at("time", group.rows)
        group.clock = times, times if windows.tied(times) else [], windows.ends(times)
    times, ties, end = group.clock
    slots = group.slots if group.slots is not None else [ONLY] * len(times)
    if plan.type == "temporal_ordered":
        reached, begin = windows.ordered(times, slots, len(plan.rules), plan.span)
        return reached, begin, end
    if plan.span not in group.begins:
        group.begins[plan.span] = windows.starts(times, plan.span)
    begin = group.begins[plan.span]
    if plan.type == "temporal":
        return _temporal(plan, ties, begin, slots), begin, end
    return _reached(plan, rows, group, ties, begin), begin, end


def _reached(
    plan: Correlation, rows: Rows, group: Group, ties: list[int], begin: windows.Starts
) -> windows.Reached:
    if plan.type == "event_count":
        return windows.count(ties, begin)
    values = rows.at(plan.field or "", group.rows)
    if plan.type == "value_count":
        return windows.distinct(ties, begin, values)
    numbers = values
    if not set(map(type, values)) <= {int, float}:
        numbers = [v if isinstance(v, int | float) and not isinstance(v, bool) else None for v in values]
    if plan.type == "value_sum":
        return windows.total(ties, begin, numbers)
    if plan.type == "value_avg":
        return windows.average(ties, begin, numbers)
    if plan.type == "value_median":
        return windows.median(ties, begin, numbers)
    return windows.percentile(ties, begin, numbers, plan.percentile)


def _temporal(
    plan: Correlation, ties: list[int], begin: windows.Starts, slots: list[frozenset[int]]
) -> windows.Reached:
    """Different rules seen per window; with a boolean condition, all of them where it holds, else None."""
    if plan.shape is None:
        return windows.distinct(ties, begin, [tuple(one) for one in slots])
    columns = []
    for slot in range(len(plan.rules)):
        answers = {one: float(slot in one) for one in set(slots)}
        columns.append(map(bool, windows.total(ties, begin, list(map(answers.__getitem__, slots)))))
    present = list(zip(*columns, strict=True))
    whole = float(len(plan.rules))
    known = {
        one: whole if _holds(plan.shape, dict(zip(plan.rules, one, strict=True))) else None
        for one in set(present)
    }
    return list(map(known.__getitem__, present))


def _holds(node: Node, present: Mapping[str, bool]) -> bool:
    if isinstance(node, Refers):
        return present[node.rule]
    if isinstance(node, Not):
        return not _holds(node.part, present)
    if isinstance(node, All):
        return all(_holds(part, present) for part in node.parts)
    return isinstance(node, Any) and any(_holds(part, present) for part in node.parts)
