"""The typed plan a rule becomes: pure data, the same for every engine that may evaluate it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Op = Literal[
    "eq", "cased_eq", "contains", "startswith", "endswith", "cased_contains", "cased_startswith",
    "cased_endswith", "re", "cidr", "gt", "gte", "lt", "lte", "neq", "null", "exists", "absent", "field_eq",
    "field_contains", "field_startswith", "field_endswith",
]  # fmt: skip
CorrelationType = Literal[
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
]
MICROSECOND = 1_000_000
MAX_BYTES = 256 * 1024  # of one rule file
TYING_SPAN = 6 * 3600 * MICROSECOND


@dataclass(frozen=True, slots=True)
class Test:
    """One field against one value; an absent field makes it false, except for ``null`` and ``absent``."""

    field: str
    op: Op
    value: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when some part is."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when the part is not: two-valued, so an absent field makes it true."""

    part: Node


@dataclass(frozen=True, slots=True)
class Refers:
    """True when the named rule has an event in the window; only in conditions of temporal correlations."""

    rule: str


Node = Test | All | Any | Not | Refers


@dataclass(frozen=True, slots=True)
class Limit:
    """A comparison of what a window reached with what is needed."""

    op: Literal["gt", "gte", "lt", "lte", "eq", "neq"]
    value: float


@dataclass(frozen=True, slots=True)
class Correlation:
    """Sliding windows over the events of other rules; ``span`` in microseconds, both ends inclusive."""

    type: CorrelationType
    rules: tuple[str, ...]
    span: int
    group_by: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str, str], ...] = ()  # (alias, rule, field)
    field: str | None = None
    limits: tuple[Limit, ...] = ()
    percentile: float = 50.0
    shape: Node | None = None  # extended condition of temporal types


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, parsed: exactly one of ``where`` and ``correlation`` is set unless ``problem`` is."""

    key: str  # what people call it: its Sigma name, else id, else title
    id: str
    title: str
    file: str
    line: int
    description: str = ""
    level: str = ""
    tags: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    points: int = 0
    reason: str = ""
    ties: bool = True
    where: Node | None = None
    correlation: Correlation | None = None
    generate: bool = False
    filters: tuple[Node, ...] = ()
    problem: tuple[str, str] | None = None  # (status, detail): why it cannot run


@dataclass(frozen=True, slots=True)
class Filter:
    """A Sigma filter: rows of the named rules must also meet ``where``; ``rules`` None means all."""

    key: str
    where_file: str
    rules: tuple[str, ...] | None
    where: Node | None
    problem: tuple[str, str] | None = None


def fields_of(node: Node | None) -> set[str]:
    """Every field a tree tests, including the fields that values refer to."""
    if isinstance(node, Test):
        return {node.field} | ({str(node.value)} if node.op.startswith("field_") else set())
    if isinstance(node, All | Any):
        return set().union(*(fields_of(part) for part in node.parts)) if node.parts else set()
    return fields_of(node.part) if isinstance(node, Not) else set()


def fields_used(rule: Rule) -> set[str]:
    """Every row field the rule itself reads."""
    used = fields_of(rule.where).union(*(fields_of(f) for f in rule.filters))
    if rule.correlation:
        aliases = {alias for alias, _, _ in rule.correlation.aliases}
        used |= {name for name in rule.correlation.group_by if name not in aliases}
        used |= {field for _, _, field in rule.correlation.aliases}
        if rule.correlation.field:
            used.add(rule.correlation.field)
    return used


def renamed(node: Node, key: Mapping[str, str]) -> Node:
    """The tree with the rules it refers to called by their keys."""
    if isinstance(node, Refers):
        return Refers(key.get(node.rule, node.rule))
    if isinstance(node, Not):
        return Not(renamed(node.part, key))
    if isinstance(node, All):
        return All(tuple(renamed(part, key) for part in node.parts))
    return Any(tuple(renamed(part, key) for part in node.parts)) if isinstance(node, Any) else node
