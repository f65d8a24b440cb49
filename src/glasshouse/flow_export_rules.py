"""Our rules and the catalogue in; out, what of them other platforms can say, and why not the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from glasshouse.catalogue import Catalogue, OpenDatabase
from glasshouse.portable.hosts import hosts_of, merged
from glasshouse.portable.pack import Browsers, Database, Measure, Saying, What
from glasshouse.portable.sayings import LINES
from glasshouse.watch import toolsets
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.plan import (
    All,
    Any,
    Correlation,
    Limit,
    Node,
    Not,
    Refers,
    Rule,
    Test,
    fields_of,
)
from glasshouse.watch.enrich import FAMILIES

_COUNTED: dict[str, What] = {
    "requests": "lookups",
    "requests_min": "lookups",
    "requests_estimate": "lookups",
    "database": "databases",
    "client_name": "agents",
    "minute": "minutes",
    "hour": "hours",
    "day": "days",
}
_WHY = {
    "about_us": "only Glasshouse knows what is ours",
    "own_target": "only Glasshouse knows what is ours",
    "first_seen": "it needs a memory of what each actor asked before",
    "key_fingerprint": "keys must not leave their log; Glasshouse compares keyed fingerprints",
    "account_kind": "accounts and machines are judged by how they are called here",
    "server": "accounts and machines are judged by how they are called here",
    "requests": "it needs the requests that one connection may hold, an estimate from bytes and time",
    "bytes_in": "few platforms see the answers' size per database",
    "target": "targets are not read out of requests elsewhere",
}
_MANY_TARGETS = "Different targets are not counted: they are not read out of requests here."
_TECHNIQUE = re.compile(r"attack\.t\d{4}(\.\d{3})?")
_HEAVY = (
    "One long connection that holds many requests is one line here, and does not reach the count by itself."
)
_NO_AGENT = "Where the log names no program (DNS), browsers are counted, too."


@dataclass(frozen=True, slots=True)
class Choice:
    """Which lookups a rule is about."""

    scope: str | None = None
    family: str | None = None
    browsers: Browsers = "any"
    heavy: bool = False  # it left heavy connections to another rule


@dataclass(frozen=True, slots=True)
class Shelf:
    """What rules are read against: the other rules, the catalogue, the entries to export as they are told."""

    rules: RuleSet
    catalogue: Catalogue
    entries: Sequence[OpenDatabase]
    told: Mapping[str, Database]


class Unsaid(Exception):
    """A rule no other platform can say; the message tells why."""


def sayings(
    rules: RuleSet, catalogue: Catalogue, entries: Sequence[OpenDatabase], told: Iterable[Database]
) -> tuple[list[Saying], list[tuple[str, str]]]:
    """The rules that raise alerts, as far as they can be said, and the others with the reason."""
    shelf = Shelf(rules, catalogue, entries, {each.id: each for each in told})
    said: list[Saying] = []
    unsaid: list[tuple[str, str]] = []
    for rule in rules.firing:
        try:
            said.extend(_sayings(rule, shelf))
        except Unsaid as reason:
            unsaid.append((rule.title, str(reason)))
    return said, unsaid


def _sayings(rule: Rule, shelf: Shelf) -> Iterable[Saying]:
    if rule.problem:
        raise Unsaid(f"it cannot run here either: {rule.problem[1]}")
    if rule.filters:
        raise Unsaid("a filter of yours narrows it")
    if fields_of(rule.where) == {"provider_tool"}:
        return _toolsets(rule, shelf)
    if isinstance(rule.where, All | Test) and fields_of(rule.where) <= {"client_kind", "tool"}:
        return [_tools(rule, shelf.catalogue)]
    if rule.correlation is None:
        raise Unsaid(_why(fields_of(rule.where)))
    return [_counted(rule, shelf)]


def _counted(rule: Rule, shelf: Shelf) -> Saying:
    """A rule that counts something in a window."""
    plan, differs = _plan(rule, shelf.rules)
    choices = {_chosen(shelf.rules.get(name)) for each in plan for name in each.rules}
    if len(choices) != 1:
        raise Unsaid("it ties rules together that look at different lookups")
    choice = choices.pop()
    measures = tuple(Measure(_what(each), _least(each.limits)) for each in plan)
    kept = [entry for entry in shelf.entries if _fits(entry, choice)]
    if not kept:
        raise Unsaid("none of the databases chosen belongs to it")
    differs += [LINES] * any(each.what == "lookups" for each in measures)
    differs += [_HEAVY] * choice.heavy + [_NO_AGENT] * (choice.browsers == "none")
    start = _saying(rule, tuple(differs))
    span = max(each.span for each in plan) // 1_000_000
    return replace(_among(start, kept, shelf), measures=measures, span=span, browsers=choice.browsers)


def _plan(rule: Rule, rules: RuleSet) -> tuple[list[Correlation], list[str]]:
    """The counts a rule stands for: itself, both of ``a and b``, the one of ``a or b`` that can be said."""
    plan = rule.correlation
    if plan is None or plan.type not in ("temporal", "temporal_ordered"):
        return [plan] if plan else [], []
    parts = [found.correlation for name in plan.rules if (found := rules.get(name)) and found.correlation]
    able = [part for part in parts if part.field in _COUNTED]
    if len(parts) < len(plan.rules) or plan.type == "temporal_ordered" or not able:
        raise Unsaid("it ties other rules together in a way only Glasshouse can follow")
    if isinstance(plan.shape, Any) and all(isinstance(part, Refers) for part in plan.shape.parts):
        return able[:1], [_MANY_TARGETS] * (len(able) < len(parts))
    if len(able) < len(parts) or not (plan.shape is None or isinstance(plan.shape, All)):
        raise Unsaid("it ties other rules together in a way only Glasshouse can follow")
    return able, []


def _what(plan: Correlation) -> What:
    if plan.type == "event_count":
        return "lookups"
    if plan.type not in ("value_count", "value_sum") or plan.field not in _COUNTED:
        raise Unsaid(_why({plan.field or ""}))
    if (plan.type == "value_sum") != (_COUNTED[plan.field] == "lookups"):
        raise Unsaid(_why({plan.field}))
    if not set(plan.group_by) <= {"actor", "view"}:
        raise Unsaid(f"it groups by {', '.join(plan.group_by)}, which only Glasshouse makes")
    return _COUNTED[plan.field]


def _least(limits: Sequence[Limit]) -> int:
    if len(limits) != 1 or limits[0].op not in ("gte", "gt"):
        raise Unsaid("its limit is not a plain least number")
    return int(limits[0].value) + (limits[0].op == "gt")


def _chosen(rule: Rule | None) -> Choice:
    """Which lookups a base rule takes; raises Unsaid when that cannot be told by names."""
    if rule is None or rule.where is None or rule.filters:
        raise Unsaid("the rule it counts is not a plain one")
    choice = Choice()
    for part in _flat(rule.where):
        choice = _narrowed(choice, part)
    return choice


def _flat(node: Node) -> list[Node]:
    return [each for part in node.parts for each in _flat(part)] if isinstance(node, All) else [node]


def _narrowed(choice: Choice, part: Node) -> Choice:
    match part:
        case Test("scope", "eq", str(value)):
            return replace(choice, scope=value)
        case Test("family", "eq", str(value)):
            return replace(choice, family=value)
        case Test("client_kind", "eq", "browser"):
            return replace(choice, browsers="only")
        case Not(Test("client_kind", "eq", "browser")):
            return replace(choice, browsers="none")
        case Not(inner) if fields_of(inner) == {"view", "requests"}:
            return replace(choice, heavy=True)
    raise Unsaid(_why(fields_of(part)))


def _why(fields: Iterable[str]) -> str:
    known = [_WHY[name] for name in sorted(fields) if name in _WHY]
    return known[0] if known else f"it tests {', '.join(sorted(fields))}, which only Glasshouse makes"


def _fits(entry: OpenDatabase, choice: Choice) -> bool:
    return choice.scope in (None, entry.scope) and choice.family in (None, family_of(entry))


def family_of(entry: OpenDatabase) -> str:
    """whois, ct, pdns, scan, cdn or other: by the first technique."""
    return FAMILIES.get(entry.techniques[0], "other") if entry.techniques else "other"


def _among(saying: Saying, kept: Sequence[OpenDatabase], shelf: Shelf) -> Saying:
    told = tuple(shelf.told[entry.id] for entry in kept)
    return replace(saying, databases=told, hosts=merged(each.hosts for each in told))


def databases(kept: Iterable[OpenDatabase], catalogue: Catalogue) -> tuple[Database, ...]:
    """Entries as other platforms are told of them."""
    return tuple(
        Database(each.id, each.name, each.techniques, hosts_of([each], catalogue), _note(each))
        for each in kept
    )


def _note(entry: OpenDatabase) -> str:
    if entry.status == "unknown":
        return f"whether it still answers is not known. {entry.status_note}".strip()
    return f"{entry.status}. {entry.status_note}".strip() if entry.status in ("degraded", "renamed") else ""


def _saying(rule: Rule, differs: tuple[str, ...] = ()) -> Saying:
    techniques = tuple(tag[7:].upper() for tag in rule.tags if _TECHNIQUE.fullmatch(tag))
    return Saying(
        name=rule.key, title=rule.title, description=rule.description, level=rule.level or "low",
        techniques=techniques or ("T1596",), falsepositives=rule.falsepositives, points=rule.points,
        differs=differs,
    )  # fmt: skip


def _toolsets(rule: Rule, shelf: Shelf) -> Iterable[Saying]:
    """One rule a tool: many of the databases it asks by default, within ten minutes."""
    known = {entry.id: entry for entry in shelf.entries}
    for tool, wanted in sorted(toolsets.of_catalogue(shelf.catalogue).items()):
        kept = [known[name] for name in sorted(wanted) if name in known]
        least = max(toolsets.MIN_MATCHED, -(-len(wanted) * 3 // 5))
        if len(kept) < least:
            continue
        name = shelf.catalogue.clients[tool].name
        start = _saying(rule, (f"How well the set fits {name}, and which tool fits next best, is not said.",))
        start = replace(start, name=f"{rule.key}_{tool}", title=f"{rule.title}: {name}")
        yield replace(
            _among(start, kept, shelf),
            measures=(Measure("databases", least),),
            span=toolsets.WINDOW // 1_000_000,
        )


def _tools(rule: Rule, catalogue: Catalogue) -> Saying:
    """The start of a client tool, by the name of its program."""
    spared = {str(test.value) for test in _tests(rule.where) if test.field == "tool"}
    tools = [each for each in catalogue.clients.values() if each.id not in spared and not each.benign]
    programs = sorted({name for tool in tools for name in tool.processes if "*" not in name[:-1]})
    differs = (
        "Tools that Python or a container runs, or that name themselves in a user agent, are not seen.",
        "A renamed program is not seen.",
    )
    return replace(_saying(rule, differs), programs=tuple(programs), measures=(Measure("lookups", 1),))


def _tests(node: Node | None) -> list[Test]:
    if isinstance(node, Test):
        return [node]
    if isinstance(node, Not):
        return _tests(node.part)
    return [test for part in node.parts for test in _tests(part)] if isinstance(node, All | Any) else []
