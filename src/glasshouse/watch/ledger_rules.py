"""Rules and sources of logs in; out which rules could run on their records, which could not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from glasshouse.ledger import KINDS, Heard, RuleNeeds, Way, best
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.plan import All, Any, Node, Rule, Test, fields_used

# Rule fields that a record must carry something for; all others are known of every lookup.
_FACTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("user", "account", "account_kind"), ("user",)),
    **dict.fromkeys(("host", "server"), ("host",)),
    **dict.fromkeys(("client_kind", "client_name", "tool"), ("client",)),
    **dict.fromkeys(("bytes_in", "bytes_out"), ("bytes",)),
    **dict.fromkeys(("target", "target_type", "target_key"), ("target",)),
    **dict.fromkeys(("about_us", "own_target", "own_targets"), ("ours", "target")),
    "ip": ("ip",),
    "process": ("process",),
    "duration_seconds": ("duration",),
    "key_fingerprint": ("key",),
}
# What records of a kind may carry, where no record says.
_USUAL: Mapping[str, frozenset[str]] = {
    "dns": frozenset({"ip"}),
    "tls": frozenset({"ip", "bytes", "duration"}),
    "named": frozenset({"ip", "host", "process", "bytes", "duration"}),
    "connect": frozenset({"ip", "user", "client", "bytes", "duration"}),
    "url": frozenset({"ip", "user", "client", "bytes", "duration", "key"}),
    "https": frozenset({"ip", "user", "client", "bytes", "duration", "key"}),
    "query": frozenset({"key"}),
    "body": frozenset(),
    "flow": frozenset({"ip", "bytes", "duration"}),
    "process": frozenset({"user", "host", "process", "client", "key"}),
    "whois": frozenset({"ip"}),
    "sql": frozenset({"ip"}),
}
_SAYS: Mapping[str, tuple[str, str]] = {
    "user": ("an account", "process starts, or a proxy that asks for a login"),
    "host": ("a machine's name", "endpoint logs"),
    "ip": ("an address", "DNS, proxy or network logs"),
    "process": ("a program", "endpoint logs"),
    "client": ("what program asked", "proxy logs with user agents, or endpoint logs"),
    "bytes": ("sizes", "proxy, TLS or flow logs"),
    "duration": ("how long it lasted", "proxy, TLS or flow logs"),
    "key": ("an API key", "proxy logs with URLs of opened TLS, or command lines"),
    "target": ("what was asked about", "proxy logs with URLs of opened TLS, or command lines"),
    "ours": ("what is ours", "an inventory or --own"),
    "lookup": ("the name of such a database", "DNS, proxy, TLS or endpoint logs"),
}
_VIEWS: Mapping[str, tuple[str, ...]] = {
    "dns": ("dns",), "tls": ("tls",), "http/connect": ("connect",), "http": ("url", "https", "connect"),
    "flow": ("flow", "named"), "process": ("process",), "whois": ("whois", "flow"), "sql": ("sql", "flow"),
}  # fmt: skip
_TARGET_KINDS = frozenset({"dns", "https", "url", "query", "body", "process", "whois", "sql"})
_KINDS = "kind:"
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class _Has:
    """What the records of one source can fill."""

    source: str
    facts: frozenset[str]
    kinds: frozenset[str]


def rule_needs(
    ruleset: RuleSet, heard: Sequence[Heard], ways: Sequence[Way], own: bool
) -> tuple[RuleNeeds, ...]:
    """One line for each rule that raises alerts; ``own`` says whether anything is said to be ours."""
    speaking = [one for one in heard if one.state == "heard" and one.kinds]
    has = tuple(dict.fromkeys(_has(one, own) for one in speaking))
    return tuple(_needs(rule, ruleset, has, ways) for rule in ruleset.firing)


def _has(one: Heard, own: bool) -> _Has:
    usual = frozenset[str]().union(*(_USUAL[kind] for kind in one.kinds))
    facts = set(usual if one.carries is None else one.carries)
    facts |= {"target"} if _TARGET_KINDS & set(one.kinds) else set()
    facts |= {"ours"} if own else set()
    return _Has(one.source, frozenset(facts), frozenset(one.kinds))


def _needs(rule: Rule, ruleset: RuleSet, has: Sequence[_Has], ways: Sequence[Way]) -> RuleNeeds:
    serves = tuple(tag.removeprefix("attack.").upper() for tag in rule.tags if tag.startswith("attack.t1"))
    runs, lacks = False, tuple[str, ...]()
    mine = [way for way in ways if not serves or not set(serves).isdisjoint(way.techniques)]
    lacking = [(_lacks(rule, ruleset, one, frozenset()) | _unseen(mine, one), one) for one in has]
    least = min((lost for lost, _one in lacking), key=lambda lost: (len(lost), sorted(lost)), default=None)
    if rule.problem:
        says = f"Could not run: {': '.join(rule.problem)}."
    elif least is None:
        says = "Could not run: no record is at hand."
    elif least:
        lacks, fed = _missing(least)
        says = f"Could not run: lacks {' and '.join(lacks)}; to be had from {fed}."
    else:
        runs = True
        says = _runs(rule, ruleset, [one for lost, one in lacking if not lost], mine)
    return RuleNeeds(rule.key, rule.title, serves, runs, lacks, says)


def _unseen(ways: Sequence[Way], has: _Has) -> frozenset[str]:
    """Whether not one of the ways a rule is about could be seen in these records."""
    some = any(best(way, has.kinds).grade in ("target", "database", "typed", "clear") for way in ways)
    return frozenset() if some else frozenset({"lookup"})


def _missing(least: frozenset[str]) -> tuple[tuple[str, ...], str]:
    kinds = sorted(fact.removeprefix(_KINDS) for fact in least if fact.startswith(_KINDS))
    facts = sorted(fact for fact in least if not fact.startswith(_KINDS))
    said = tuple(_SAYS[fact][0] for fact in facts) + tuple(f"records of {KINDS[kind]}" for kind in kinds)
    fed = [_SAYS[fact][1] for fact in facts] + [f"logs with {KINDS[kind]}" for kind in kinds]
    return said, "; ".join(dict.fromkeys(fed))


def _runs(rule: Rule, ruleset: RuleSet, fit: Sequence[_Has], ways: Sequence[Way]) -> str:
    names = list(dict.fromkeys(one.source for one in fit))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    kinds = frozenset[str]().union(*(one.kinds for one in fit))
    used = _fields(rule, ruleset, frozenset())
    targets = any("target" in _FACTS.get(name, ()) for name in used)
    grades = ("target",) if targets else ("target", "database")
    seen = sum(best(way, kinds).grade in grades for way in ways)
    typed = ", and what is typed on a command line" if "process" in kinds else ""
    what = "the target" if targets else "the database"
    shown = f"{', '.join(names[:_SHOWN])}{more}"
    said = f"Could run on {shown}: {what} could be seen for {seen} of {len(ways)} ways"
    late = " It speaks only after seven days of lookups." if "first_seen" in used else ""
    return f"{said}{typed}.{late}"


def _bases(rule: Rule, ruleset: RuleSet, above: frozenset[str]) -> list[Rule]:
    names = rule.correlation.rules if rule.correlation else ()
    found = (ruleset.get(name) for name in names if name not in above)
    return [base for base in found if base is not None]


def _fields(rule: Rule, ruleset: RuleSet, above: frozenset[str]) -> set[str]:
    here = above | {rule.key}
    return fields_used(rule).union(*(_fields(base, ruleset, here) for base in _bases(rule, ruleset, here)))


def _lacks(rule: Rule, ruleset: RuleSet, has: _Has, above: frozenset[str]) -> frozenset[str]:
    """What a rule and those it counts need and these records do not have."""
    lost = _union(_lost(node, has) for node in (rule.where, *rule.filters))
    if rule.correlation is None:
        return lost
    aliased = {alias for alias, _rule, _field in rule.correlation.aliases}
    fields = [name for name in rule.correlation.group_by if name not in aliased]
    fields += [name for name in (rule.correlation.field,) if name]
    lost |= _union(_facts(name) - has.facts for name in fields)
    here = above | {rule.key}
    return lost | _union(_lacks(base, ruleset, has, here) for base in _bases(rule, ruleset, here))


def _facts(field: str) -> frozenset[str]:
    return frozenset(_FACTS.get(field, ()))


def _lost(node: Node | None, has: _Has) -> frozenset[str]:
    """What a condition lacks to be met at all: of alternatives the one that lacks least."""
    if isinstance(node, Test):
        return _untested(node, has)
    if isinstance(node, All):
        return _union(_lost(part, has) for part in node.parts)
    if isinstance(node, Any):
        every = [_lost(part, has) for part in node.parts]
        return min(every, key=lambda lost: (len(lost), sorted(lost)), default=frozenset())
    return frozenset()


def _untested(test: Test, has: _Has) -> frozenset[str]:
    if test.op in ("null", "absent") or test.value == "unknown":
        return frozenset()
    if test.field in ("via", "view") and test.op in ("eq", "cased_eq", "startswith"):
        kinds = _VIEWS.get(str(test.value)) or _VIEWS.get(str(test.value).partition("/")[0]) or ()
        return frozenset() if not kinds or has.kinds & set(kinds) else frozenset({_KINDS + kinds[0]})
    return _facts(test.field) - has.facts


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*parts)
