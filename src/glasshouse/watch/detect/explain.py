"""An alert, or one lookup and one rule, in; plain lines that say why it fired, or why it did not, out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from glasshouse.errors import UsageError
from glasshouse.records import Alert, Lookup, Tally
from glasshouse.watch.detect import correlate
from glasshouse.watch.detect.evaluate import element_check, flags, holds
from glasshouse.watch.detect.groups import Outcome
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.plan import All, Any, Correlation, Node, Not, Rule, Test
from glasshouse.watch.detect.run import detect, evaluate
from glasshouse.watch.detect.score import LEVEL_FROM, span
from glasshouse.watch.enrich import Rows, rows

_WORDS = {
    "gte": "at least",
    "gt": "more than",
    "lte": "at most",
    "lt": "less than",
    "eq": "exactly",
    "neq": "not",
}
_COUNTS = {
    "event_count": "events",
    "value_count": "different values of {field}",
    "temporal": "different rules seen",
    "temporal_ordered": "rules seen in order",
    "value_sum": "sum of {field}",
    "value_avg": "average of {field}",
    "value_percentile": "percentile of {field}",
    "value_median": "median of {field}",
}


def why_alert(wanted: str, lookups: Sequence[Lookup], ruleset: RuleSet, tally: Tally) -> list[str]:
    """The score of one alert row by row, the level it gives, its evidence, and what the logs hid.

    Raises UsageError when these lookups raise no alert of that id.
    """
    alerts, _ = detect(lookups, ruleset)
    found = next((alert for alert in alerts if alert.id.lower() == wanted.lower()), None)
    if found is None:
        raise UsageError(
            f"no alert {wanted} in these logs", next_step="run the same hunt again and copy its id"
        )
    out = [*_score_lines(found, ruleset), *_seen_lines(found)]
    if tally.troubles:
        out.append(f"{tally.troubles_total} things could not be read or judged: the hunt lists them")
    return out


def _score_lines(alert: Alert, ruleset: RuleSet) -> Iterator[str]:
    yield f"{alert.id}: {alert.summary}"
    yield f"score {alert.score} = {alert.level} (levels begin at {_levels()})"
    for row in alert.points:
        rule = ruleset.get(row.rule)
        yield f"  {row.points:+4d}  {row.rule}: {row.reason}"
        yield from (f"        could also be: {text}" for text in (rule.falsepositives if rule else ()))


def _seen_lines(alert: Alert) -> Iterator[str]:
    yield f"seen through {', '.join(alert.visibility.seen_through)}, in {', '.join(alert.visibility.sources)}"
    yield from (f"  {sentence}" for sentence in alert.visibility.not_shown)
    yield f"evidence, {len(alert.evidence)} of {alert.evidence_total}:"
    yield from (f"  {one.file}:{one.position} {one.record_sha256[:16]}" for one in alert.evidence)


def _levels() -> str:
    return ", ".join(f"{least} {name}" for least, name in LEVEL_FROM)


def why_lookup(lookup: Lookup, name: str, lookups: Iterable[Lookup], ruleset: RuleSet) -> list[str]:
    """Why a rule did or did not fire on one lookup, seen among all lookups of the run.

    Raises UsageError for an unknown rule, ValueError when the lookup is not among the lookups.
    """
    rule = ruleset.get(name)
    if rule is None:
        raise UsageError(f"no rule {name!r}", next_step="see glasshouse rules list")
    table = rows(lookups)
    row = table.index_of(lookup)
    if rule.problem:
        return [f"{rule.key} cannot run: {rule.problem[0]}: {rule.problem[1]}"]
    outcomes, _ = evaluate(table, ruleset)
    fired = row in _rows_of(outcomes[rule.key]) if rule.key in outcomes else False
    first = f"{rule.key} {'fired' if fired else 'did not fire'} on this lookup"
    return [first, *_explain(table, row, rule, outcomes, ruleset)]


def _rows_of(outcome: Outcome) -> set[int]:
    if outcome.stretches is None:
        return set(outcome.rows)
    return {row for stretch in outcome.stretches for row in stretch}


def _explain(
    table: Rows, row: int, rule: Rule, outcomes: dict[str, Outcome], ruleset: RuleSet, depth: int = 1
) -> Iterator[str]:
    pad = "  " * depth
    for node in (rule.where, *rule.filters):
        if node is not None:
            label = "" if node is rule.where else "filter: "
            yield from (pad + label + line for line in tree_lines(table, row, node))
    if rule.correlation is None or rule.key not in outcomes:
        return
    for name in rule.correlation.rules:
        base = ruleset.get(name)
        if base is not None:
            inside = row in _rows_of(outcomes[name])
            yield f"{pad}{'yes' if inside else 'NO '} it counts for {name}"
            yield from _explain(table, row, base, outcomes, ruleset, depth + 1)
    yield from (pad + line for line in _windows(table, row, rule, rule.correlation, outcomes))


def tree_lines(table: Rows, row: int, node: Node, depth: int = 0) -> Iterator[str]:
    """The condition as an indented tree, each item with yes or NO and the value found."""
    pad = "  " * depth
    if isinstance(node, Test):
        value = table.column(node.field)[row]
        wanted = "" if node.value is None else f" {node.value}"
        yield f"{pad}{_mark(_passes(table, row, node))} {node.field} {node.op}{wanted} (is: {_shown(value)})"
    elif isinstance(node, All | Any):
        truth = [_passes(table, row, part) for part in node.parts]
        whole = all(truth) if isinstance(node, All) else any(truth)
        yield f"{pad}{_mark(whole)} {'all of' if isinstance(node, All) else 'any of'}"
        for part in node.parts:
            yield from tree_lines(table, row, part, depth + 1)
    elif isinstance(node, Not):
        yield f"{pad}{_mark(not _passes(table, row, node.part))} not"
        yield from tree_lines(table, row, node.part, depth + 1)


def _passes(table: Rows, row: int, node: Node) -> bool:
    if isinstance(node, Test) and not node.op.startswith("field_"):
        return holds(element_check(node), node.op, table.column(node.field)[row])
    return bool(flags(table, node)[row])


def _mark(truth: bool) -> str:
    return "yes" if truth else "NO "


def _shown(value: object) -> str:
    if value is None or value == ():
        return "absent"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _windows(
    table: Rows, row: int, rule: Rule, plan: Correlation, outcomes: dict[str, Outcome]
) -> Iterator[str]:
    """The most that any window holding this lookup reached, against what is needed."""
    what = _COUNTS[plan.type].format(field=plan.field)
    needed = " and ".join(f"{_WORDS[limit.op]} {limit.value:g}" for limit in plan.limits)
    found = False
    for group in correlate.groups(plan, table, correlate.feed(rule, table, outcomes), correlate.Memo()):
        held = [i for i, one in enumerate(group.rows) if one == row]
        if not held:
            continue
        found = True
        reached, begin, end = correlate.measure(plan, table, group)
        about = ", ".join(f"{k}={v}" for k, v in zip(plan.group_by, group.key, strict=True)) or "everything"
        best = _best(reached, begin, end, held)
        yield (
            f"{what} within {span(plan.span)} for {about}: reached "
            f"{'nothing' if best is None else format(best, 'g')}, needed {needed}"
        )
    if not found:
        yield f"no window holds it: it does not count, or it lacks {', '.join(plan.group_by) or 'nothing'}"


def _best(
    reached: Sequence[float | None], begin: Sequence[int], end: Sequence[int], held: Sequence[int]
) -> float | None:
    values = [
        value
        for index, value in enumerate(reached)
        if value is not None and any(begin[index] <= one <= end[index] for one in held)
    ]
    return max(values, default=None)
