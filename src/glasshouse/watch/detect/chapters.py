"""Episodes in; out the same, those longer than a month in chapters; and how far rules look in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glasshouse.watch.detect.episodes import Episode
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.plan import Rule
from glasshouse.watch.enrich import DAY, HOUR
from glasshouse.watch.toolsets import WINDOW

CHAPTER = 30 * DAY


class Reach(NamedTuple):
    """How far in time rules look, in microseconds: at one actor, at one API key, at everybody (or None)."""

    actor: int
    key: int
    everybody: int | None


def chapters(episode: Episode, clock: Sequence[int], begin: int | None = None) -> Iterator[Episode]:
    """The episode, cut at the first lookup a month or more after the beginning of each chapter.

    With ``begin``, a time at which a chapter is known to begin, without what stands before it.
    """
    rows = [row for row in episode.rows if begin is None or clock[row] >= begin]
    while rows:
        start = clock[rows[0]]
        later = [row for row in rows if clock[row] >= start + CHAPTER]
        stop = clock[later[0]] if later else clock[rows[-1]] + 1
        own = {
            key: inside
            for key, fired in episode.fired.items()
            if (inside := [row for row in fired if start <= clock[row] < stop])
        }
        yield Episode(episode.actor, [row for row in rows if clock[row] < stop], own)
        rows = later


def reach(ruleset: RuleSet) -> Reach:
    """How far the rules look: windows of correlations, added up along chains."""
    rules = {rule.key: rule for rule in ruleset.rules}
    spans: dict[str, list[int]] = {"actor": [WINDOW], "key": [0], "everybody": []}
    for rule in rules.values():
        if rule.correlation and not rule.problem:
            kinds = set(_kinds(rule, rules))
            kind = next(name for name in ("everybody", "key", "actor") if name in kinds)
            spans[kind].append(_span(rule, rules))
    return Reach(max(spans["actor"]), max(spans["key"]), max(spans["everybody"], default=None))


def apart(ruleset: RuleSet) -> dict[str, float] | None:
    """Per field of an actor, how many values one API key must have for a rule that joins by keys to find any.

    None when such a rule counts anything else: then each new use of a key may matter to all others.
    """
    rules = {rule.key: rule for rule in ruleset.rules}
    found: dict[str, float] = {}
    for rule in rules.values():
        plan = rule.correlation
        if plan is None or rule.problem or "key" not in _kinds(rule, rules):
            continue
        field = "user" if plan.field == "account" else plan.field or ""
        need = max((one.value for one in plan.limits if one.op == "gte"), default=0.0)
        chained = any(rules[name].correlation for name in plan.rules if name in rules)
        if plan.type != "value_count" or field not in ("user", "host", "ip") or need < 1 or chained:
            return None
        found[field] = min(need, found.get(field, need))
    return found


def _span(rule: Rule, rules: dict[str, Rule]) -> int:
    plan = rule.correlation
    if plan is None:
        return 0
    return plan.span + max((_span(rules[name], rules) for name in plan.rules if name in rules), default=0)


def _kinds(rule: Rule, rules: dict[str, Rule]) -> Iterator[str]:
    """What each correlation of a chain groups by, as far as it says whose lookups it can join."""
    plan = rule.correlation
    if plan is None:
        return
    fields = set(plan.group_by) - {alias for alias, _rule, _field in plan.aliases}
    yield "actor" if "actor" in fields else "key" if "key_fingerprint" in fields else "everybody"
    for name in plan.rules:
        if name in rules:
            yield from _kinds(rules[name], rules)


__all__ = ["CHAPTER", "HOUR", "Reach", "apart", "chapters", "reach"]
