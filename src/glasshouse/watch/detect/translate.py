"""One parsed Sigma condition or correlation in, our own plan out; what cannot be judged is Unsupported."""

from __future__ import annotations

from typing import Any as Anything
from typing import get_args

import re2
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.correlations import (
    CorrelationConditionAND,
    CorrelationConditionNOT,
    CorrelationConditionOR,
    SigmaCorrelationRule,
    SigmaExtendedCorrelationCondition,
    SigmaRuleReference,
)
from sigma.exceptions import SigmaError
from sigma.rule import SigmaDetections
from sigma.types import (
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from glasshouse.watch.detect.plan import (
    MICROSECOND,
    All,
    Any,
    Correlation,
    Limit,
    Node,
    Not,
    Op,
    Refers,
    Test,
)

Tree = Anything  # an element of a condition that pySigma parsed
LIMIT_OPS = ("gt", "gte", "lt", "lte", "eq", "neq")
_RE2 = re2.Options()
_RE2.log_errors = False
_RE2.max_mem = 8 << 20


class Unsupported(Exception):
    """The rule is valid Sigma but asks for something lookups cannot answer."""


def condition(detections: SigmaDetections) -> Node:
    """All conditions of one detection section, joined by OR."""
    parts = []
    for one in detections.parsed_condition:
        tree = one.parsed
        if tree is None:
            raise SigmaError("the condition selects nothing")
        parts.append(_node(tree))
    return parts[0] if len(parts) == 1 else Any(tuple(parts))


def _node(tree: Tree) -> Node:
    if isinstance(tree, ConditionAND):
        return All(tuple(_node(arg) for arg in tree.args))
    if isinstance(tree, ConditionOR):
        return Any(tuple(_node(arg) for arg in tree.args))
    if isinstance(tree, ConditionNOT):
        return Not(_node(tree.args[0]))
    if isinstance(tree, ConditionFieldEqualsValueExpression):
        return _value(tree.field, tree.value)
    if isinstance(tree, ConditionValueExpression):
        raise Unsupported("keywords: lookups have no free text, name a field")
    raise Unsupported(f"condition element {type(tree).__name__}")


def _value(field: str, value: Tree) -> Node:
    if isinstance(value, SigmaString):
        return _string(field, value)
    if isinstance(value, SigmaExpansion):
        return Any(tuple(_value(field, one) for one in value.values))
    if isinstance(value, SigmaRegularExpression):
        return Test(field, "re", _regex(value.escape([], escape_escape_char=False)))
    simple = _simple(field, value)
    if simple is None:
        raise Unsupported(f"value of type {type(value).__name__}")
    return simple


def _simple(field: str, value: Tree) -> Test | None:
    if isinstance(value, SigmaNull):
        return Test(field, "null")
    if isinstance(value, SigmaExists):
        return Test(field, "exists" if value.exists else "absent")
    if isinstance(value, SigmaBool):
        return Test(field, "eq", value.boolean)
    if isinstance(value, SigmaCIDRExpression):
        return Test(field, "cidr", str(value.cidr))
    if isinstance(value, SigmaCompareExpression):
        op: Op = value.op.name.lower()  # type: ignore[assignment]
        return Test(field, op, value.number.number)
    if type(value) is SigmaNumber:
        return Test(field, "eq", value.number)
    return _reference(field, value) if isinstance(value, SigmaFieldReference) else None


def _reference(field: str, value: SigmaFieldReference) -> Test:
    op: Op = "field_eq"
    if value.starts_with and value.ends_with:
        op = "field_contains"
    elif value.starts_with:
        op = "field_startswith"
    elif value.ends_with:
        op = "field_endswith"
    return Test(field, op, value.field)


def _string(field: str, value: SigmaString) -> Node:
    parts: list[Anything] = list(value.s)
    cased = isinstance(value, SigmaCasedString)
    if any(not isinstance(p, str | SpecialChars) for p in parts):
        raise Unsupported("placeholders")
    many = SpecialChars.WILDCARD_MULTI
    text = "".join(p for p in parts if isinstance(p, str))
    left, right = bool(parts) and parts[0] is many, len(parts) > 1 and parts[-1] is many
    specials = [p for p in parts if not isinstance(p, str)]
    if specials == [many] * (left + right) and (text or not specials):
        op = {(0, 0): "eq", (1, 1): "contains", (1, 0): "endswith", (0, 1): "startswith"}[(left, right)]
        return Test(field, f"cased_{op}" if cased else op, text)  # type: ignore[arg-type]
    if not text and SpecialChars.WILDCARD_SINGLE not in specials:
        return Test(field, "exists")
    pattern = "".join(re2.escape(p) if isinstance(p, str) else (".*" if p is many else ".") for p in parts)
    return Test(field, "re", _regex(f"(?s{'' if cased else 'i'})^(?:{pattern})$"))


def _regex(pattern: str) -> str:
    try:
        re2.compile(pattern, _RE2)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise SigmaError(f"regular expression not possible in linear time: {reason}") from error
    return pattern


def correlation(rule: SigmaCorrelationRule, raw: dict[str, Anything]) -> Correlation:
    """The plan of one correlation; ``raw`` is its section as written, for limits that pySigma cannot hold."""
    wanted = raw.get("condition")
    shape = None
    if isinstance(rule.condition, SigmaExtendedCorrelationCondition):
        shape = _extended(rule.condition.parsed)
    names = tuple(ref.reference for ref in rule.rules or ())
    if shape is not None and not names:
        names = tuple(rule.condition.get_referenced_rules())  # type: ignore[union-attr]
    kind = rule.type.name.lower()
    if shape is not None and kind == "temporal_ordered":
        names = _straight(shape)
    limits = _limits(wanted) if isinstance(wanted, dict) else (Limit("gte", len(names)),)
    field = wanted.get("field") if isinstance(wanted, dict) else None
    if field is not None and not isinstance(field, str):
        raise Unsupported("several fields in one correlation condition")
    percent = wanted.get("percentile", 50) if isinstance(wanted, dict) else 50
    return Correlation(
        type=kind,  # type: ignore[arg-type]
        rules=names,
        span=rule.timespan.seconds * MICROSECOND,
        group_by=tuple(rule.group_by or ()),
        aliases=tuple(
            (a.alias, ref.reference, name) for a in rule.aliases for ref, name in a.mapping.items()
        ),
        field=field,
        limits=limits,
        percentile=_number(percent, "percentile", 100),
        shape=None if kind == "temporal_ordered" else shape,
    )


def _limits(wanted: dict[str, Anything]) -> tuple[Limit, ...]:
    return tuple(Limit(op, _number(wanted[op], op)) for op in LIMIT_OPS if op in wanted)  # type: ignore[arg-type]


def _number(value: object, name: str, most: float = 1e18) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise SigmaError(f"{name}: {value!r} is not a number from 0 to {most:g}")
    return float(value)


def _extended(tree: Tree) -> Node:
    if isinstance(tree, SigmaRuleReference):
        return Refers(tree.reference)
    parts = tuple(_extended(arg) for arg in tree.args)
    if isinstance(tree, CorrelationConditionAND):
        return All(parts)
    if isinstance(tree, CorrelationConditionOR):
        return Any(parts)
    if isinstance(tree, CorrelationConditionNOT):
        return Not(parts[0])
    raise Unsupported(f"correlation condition element {type(tree).__name__}")


def _straight(shape: Node) -> tuple[str, ...]:
    """The rule names of ``a and b and c`` in order; other shapes have no order to test."""
    if isinstance(shape, Refers):
        return (shape.rule,)
    if isinstance(shape, All) and all(isinstance(part, get_args(Refers | All)) for part in shape.parts):
        return tuple(name for part in shape.parts for name in _straight(part))
    raise Unsupported("temporal_ordered with 'or' or 'not' has no order to test")
