"""A Sigma rule or a Sentinel analytics rule in YAML in, the rule it says out.

Formats: Sigma specification 2.1 (rules, modifiers, conditions, correlations); Sentinel analytics rules as in
learn.microsoft.com/azure/sentinel (query, queryFrequency, queryPeriod). A rule's text is hostile: aliases are
refused, sizes and depths are limited.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import yaml

from glasshouse.errors import ConfigError
from glasshouse.portable import rule_kql
from glasshouse.portable.rule_logic import Dialect, tree
from glasshouse.portable.rule_model import Op, Place, Rule, Shown, Span, Term, Text, Threshold, Tree, terms
from glasshouse.portable.rule_tokens import MOST, Token, scan, seconds

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 30
MOST_TERMS = 100_000
_OPS: Mapping[str, Op] = {
    "contains": "contains", "startswith": "startswith", "endswith": "endswith", "re": "regex", "cidr": "call",
    "gt": "compare", "gte": "compare", "lt": "compare", "lte": "compare", "exists": "call",
}  # fmt: skip
_HOW = {"event_count": "count", "value_count": "distinct", "value_sum": "sum"}
_SIGNS = {"gte": ">=", "gt": ">", "eq": "==", "lte": "<=", "lt": "<"}


def read(text: str, name: str) -> list[Rule]:
    """The rules of a file, one a document; raises ConfigError with the line."""
    if len(text) > MOST:
        raise ConfigError(f"more than {MOST // 1024} kB", next_step="lint one rule at a time")
    try:
        _check_depth(text)
        documents = [one for one in yaml.compose_all(text, _LOADER) if isinstance(one, yaml.MappingNode)]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "not readable as YAML"
        raise ConfigError(str(reason), f"line {mark.line + 1 if mark else 1}") from None
    return [_rule(one, text, name) for one in documents]


def _check_depth(text: str) -> None:
    """Refuse what the composer would follow too deep (libyaml ends the process there), and all aliases."""
    depth = 0
    for event in yaml.parse(text, _LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("a YAML alias", _line(event), "write the values out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ConfigError(f"lists in lists, more than {DEEPEST} deep", _line(event))


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else ""


def _rule(node: yaml.MappingNode, text: str, name: str) -> Rule:
    top = _mapping(node)
    comments = tuple(line.strip("# ") for line in text.splitlines() if line.startswith("#"))
    if "query" in top and "detection" not in top:
        return _sentinel(top, text, name)
    if "correlation" in top:
        found = _correlation(top, name)
    elif "detection" in top:
        found = _detection(top, name)
    else:
        raise ConfigError(
            "neither detection, correlation nor query in it", f"line {node.start_mark.line + 1}"
        )
    return replace(
        found,
        title=_text(top.get("title")),
        description="\n".join([_text(top.get("description")), *_texts(top.get("falsepositives"))]),
        comments=comments,
        tags=tuple(_texts(top.get("tags"))),
        level=_text(top.get("level")),
    )


def _sentinel(top: Mapping[str, yaml.Node], text: str, name: str) -> Rule:
    """The KQL of an analytics rule, with what stands around it; columns of a block count from its text."""
    query = top["query"]
    raw = _text(query)
    block = getattr(query, "style", None) in ("|", ">")
    line = query.start_mark.line + (2 if block else 1)
    shown = text.splitlines()[line - 1] if block and line <= len(text.splitlines()) else ""
    column = len(shown) - len(shown.lstrip()) + 1 if block else query.start_mark.column + 1
    found = rule_kql.read(raw, name, Place(line, column))
    period, often = seconds(_text(top.get("queryPeriod"))), seconds(_text(top.get("queryFrequency")))
    spans = found.spans or ((Span("last", period, Place(line, column)),) if period else ())
    tags = [f"attack.{one.lower()}" for one in _texts(top.get("relevantTechniques"))]
    return replace(
        found,
        title=_text(top.get("name")),
        description=_text(top.get("description")),
        tags=tuple(tags),
        level=_text(top.get("severity")).lower(),
        frequency=often,
        spans=spans,
    )


def _correlation(top: Mapping[str, yaml.Node], name: str) -> Rule:
    node = top["correlation"]
    said = _mapping(node)
    condition = _mapping(said.get("condition"))
    how = _HOW.get(_text(said.get("type")), "sequence")
    counted = _text(condition.get("field"))
    thresholds = [
        Threshold(how, counted, _SIGNS[key], _float(value), _place(value))
        for key, value in condition.items()
        if key in _SIGNS
    ]
    length = seconds(_text(said.get("timespan")))
    return Rule(
        language="sigma",
        name=name,
        thresholds=tuple(thresholds),
        spans=(Span("bin", length, _place(said["timespan"])),) if length else (),
        keys=tuple(_texts(said.get("group-by"))),
        counts_others=True,
    )


def _detection(top: Mapping[str, yaml.Node], name: str) -> Rule:
    selections = _mapping(top["detection"])
    trees = {
        key: _selection(node) for key, node in selections.items() if key not in ("condition", "timeframe")
    }
    place = _place(selections["condition"]) if "condition" in selections else Place()
    names = Dialect(_Condition(trees, place).atom)
    found = [tree(scan(one, "sigma")[0], names) for one in _texts(selections.get("condition"))]
    source = _mapping(top.get("logsource"))
    window = seconds(_text(selections.get("timeframe")))
    return Rule(
        language="sigma",
        name=name,
        tables=tuple(Text(f"{key}={_text(node)}", _place(node)) for key, node in source.items()),
        trees=tuple(one for one in found if one),
        spans=(Span("bin", window, _place(selections["timeframe"])),) if window else (),
        shown=tuple(Shown(text, _place(top["fields"])) for text in _texts(top.get("fields"))),
    )


class _Condition:
    """Names of selections in, their trees out; ``1 of x*`` and ``all of them`` name several."""

    def __init__(self, trees: Mapping[str, Tree], place: Place) -> None:
        self.trees, self.place = trees, place
        self.sizes = {name: sum(1 for _term in terms(one)) for name, one in trees.items()}
        self.spent = 0

    def atom(self, words: Sequence[Token]) -> Tree | None:
        """One name, or a number of names."""
        low = [one.low for one in words]
        if len(low) >= 3 and low[1] == "of":
            pattern = "*" if low[2] == "them" else words[2].text
            names = [
                name
                for name in self.trees
                if fnmatchcase(name, pattern) and not (low[2] == "them" and name.startswith("_"))
            ]
            return _tree("and" if low[0] == "all" else "or", [self._use(name) for name in names])
        name = words[0].text if words else ""
        return replace(self._use(name), grouped=True) if name in self.trees else None

    def _use(self, name: str) -> Tree:
        """The tree of one name; naming it again and again has an end."""
        self.spent += 1 + self.sizes[name]
        if self.spent > MOST_TERMS:
            raise ConfigError("the condition names too much", f"line {self.place.line}")
        return self.trees[name]


def _tree(kind: str, parts: Sequence[Tree]) -> Tree | None:
    if len(parts) < 2:
        return replace(parts[0], grouped=True) if parts else None
    return Tree("and" if kind == "and" else "or", tuple(parts), grouped=True, place=parts[0].place)


def _selection(node: yaml.Node) -> Tree:
    """One selection: a mapping means all of it, a list means any of it."""
    if isinstance(node, yaml.SequenceNode):
        found = _tree("or", [_selection(one) for one in node.value[:5000]])
    elif isinstance(node, yaml.MappingNode):
        pairs = [(str(key.value), key, value) for key, value in node.value]
        found = _tree("and", [_term(name, key, value) for name, key, value in pairs])
    else:
        values = (Text(_text(node), _place(node)),)
        found = Tree("term", term=Term("", "contains", "", values, _place(node)), place=_place(node))
    return found or Tree("and", (), grouped=True, place=_place(node))


def _term(said: str, key: yaml.Node, value: yaml.Node) -> Tree:
    name, *modifiers = said.split("|")
    nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
    texts = [Text(_text(one), _place(one)) for one in nodes]
    op: Op = next((_OPS[one] for one in modifiers if one in _OPS), "equals")
    cased = "cased" in modifiers or ("re" in modifiers and "i" not in modifiers)
    cased = cased and not (op == "regex" and all("(?i" in one.text for one in texts))
    if op != "equals":
        term = Term(name, op, "|".join(modifiers), tuple(texts), _place(key), cased)
        return Tree("term", term=term, place=term.place, grouped=True)
    kinds: dict[Op, list[Text]] = {}
    for one in texts:
        kind, bare = _wild(one)
        kinds.setdefault(kind, []).append(bare)
    parts = [
        Tree("term", term=Term(name, kind, "=", tuple(some), _place(key), cased), place=_place(key))
        for kind, some in kinds.items()
    ]
    return _tree("or", parts) or Tree("and", (), grouped=True, place=_place(key))


def _wild(one: Text) -> tuple[Op, Text]:
    begins, ends = one.text.startswith("*"), one.text.endswith("*") and len(one.text) > 1
    op: Op = "contains" if begins and ends else "endswith" if begins else "startswith" if ends else "equals"
    return op, Text(one.text.strip("*") or one.text, one.place)


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _texts(node: yaml.Node | None) -> list[str]:
    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [_text(one) for one in nodes if _text(one)]


def _text(node: yaml.Node | None) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _float(node: yaml.Node) -> float:
    found = re.fullmatch(r"\d{1,15}", _text(node))
    return float(found.group()) if found else 0.0


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
