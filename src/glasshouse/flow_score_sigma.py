"""Lookups in; out the alerts of our rules as any SIEM could run them: Sigma alone, on windows that tumble.

What an export cannot take along is left out: a record counts as one request, addresses and machines are not
joined (a record's client is its address, else its machine, else its account), nothing is known of what is
ours, no first times, no provider sets. A correlation is run once per window of its timespan that begins at a
full multiple since 1970, as scheduled searches do, and raises one alert per group and window when the window
ends. A plain rule raises one alert a record. Rules below level medium are left out, as they only add points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from glasshouse.proof.measure_truth import Alarm, named
from glasshouse.records import LEVELS, Lookup, Requests
from glasshouse.watch import enrich
from glasshouse.watch.actors import node
from glasshouse.watch.detect import RuleSet
from glasshouse.watch.detect.plan import Rule
from glasshouse.watch.detect.run import evaluate
from glasshouse.watch.enrich import Rows

LEAST = LEVELS.index("medium")


def alarms(lookups: Sequence[Lookup], ruleset: RuleSet) -> list[Alarm]:
    """One alarm per rule, group and window."""
    plain = [_plain(lookup) for lookup in lookups]
    out: list[Alarm] = []
    by_span: dict[int, list[Rule]] = defaultdict(list)
    for rule in ruleset.firing:
        if rule.level in LEVELS and LEVELS.index(rule.level) >= LEAST:
            by_span[_span(rule, ruleset)].append(rule)
    for span, rules in sorted(by_span.items()):
        out += _of_span(plain, ruleset, rules, span)
    return out


def _plain(lookup: Lookup) -> Lookup:
    targets = tuple(replace(target, about_us=None) for target in lookup.targets)
    return replace(lookup, requests=Requests(), targets=targets)


def _span(rule: Rule, ruleset: RuleSet) -> int:
    """The longest timespan a rule counts over, with those of the rules it counts; 0 for a plain rule."""
    if rule.correlation is None:
        return 0
    below = [found for name in rule.correlation.rules if (found := ruleset.get(name))]
    return max([rule.correlation.span, *(_span(one, ruleset) for one in below)])


def _of_span(
    lookups: Sequence[Lookup], ruleset: RuleSet, rules: Sequence[Rule], span: int
) -> Iterator[Alarm]:
    table = enrich.rows(lookups, {})
    table.fill("actor", [f"{_window(x, span)} {node(x)}" for x in table.lookups])
    keys = table.column("key_fingerprint")
    table.fill(
        "key_fingerprint",
        [key and f"{_window(x, span)} {key}" for x, key in zip(table.lookups, keys, strict=True)],
    )
    table.fill("first_seen", [None] * len(table))
    outcomes, _statuses = evaluate(table, ruleset)
    for rule in rules:
        outcome = outcomes.get(rule.key)
        if outcome is None:
            continue
        if span == 0:
            yield from (_alarm(rule, table, [row], span) for row in outcome.rows)
            continue
        groups: dict[tuple[str, str], list[int]] = defaultdict(list)
        for stretch in outcome.stretches or ():
            for row in stretch:
                groups[_group(rule, table, row)].append(row)
        yield from (_alarm(rule, table, sorted(set(some)), span) for _key, some in sorted(groups.items()))


def _window(lookup: Lookup, span: int) -> int:
    return lookup.time // span if span else 0


def _group(rule: Rule, table: Rows, row: int) -> tuple[str, str]:
    """What a rule groups by, as text; its window is in it."""
    fields = rule.correlation.group_by if rule.correlation else ()
    values = [str(table.column(name)[row]) for name in fields]
    return rule.key, " ".join(values)


def _alarm(rule: Rule, table: Rows, rows: Sequence[int], span: int) -> Alarm:
    some = [table.lookups[row] for row in rows]
    last = some[-1].time
    return Alarm(
        detector="sigma",
        names=named(
            [x.actor.user for x in some],
            [x.actor.host for x in some],
            [x.actor.ip for x in some],
        ),
        first=some[0].time,
        last=last,
        fired=(last // span + 1) * span if span else last,
        databases=frozenset(filter(None, (x.database for x in some))),
        says=rule.key,
    )
