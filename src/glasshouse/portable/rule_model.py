"""What any reader of other platforms' rules gives out: one small model of a rule, with its places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Op = Literal["equals", "contains", "has", "startswith", "endswith", "regex", "compare", "call", "bare"]
Language = Literal["kql", "spl", "aql", "sigma"]


_URL = re.compile(r"url|uri|request$|link", re.IGNORECASE)
_PART = re.compile(r"(url)?_?(host|site|fqdn|server|path|scheme|port|domain)(_?name)?", re.IGNORECASE)
_HOST_OF_URL = re.compile(r"host|domain|name|category|risk", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column, both from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """One literal of a rule, without its quotes."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: a field, how it is compared, with what.

    ``cased``: capital letters matter. ``negated``: under an odd number of NOTs. ``symbol`` is the operator
    or function as it is written.
    """

    field: str
    op: Op
    symbol: str
    values: tuple[Text, ...]
    place: Place
    cased: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """A condition as written: ``and``, ``or``, ``not`` over parts, or one term. ``grouped``: in "
    "parentheses."""

    kind: Literal["and", "or", "not", "term"]
    parts: tuple[Tree, ...] = ()
    term: Term | None = None
    grouped: bool = False
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that has to be reached: ``how`` is count, distinct, sum ...; ``counted`` the field or "
    "empty."""

    how: str
    counted: str
    symbol: str
    value: float
    place: Place


@dataclass(frozen=True, slots=True)
class Span:
    """A window of time in seconds; ``kind`` is last (looks back from now), bin (steps of the clock)."""

    kind: Literal["last", "bin", "sliding"]
    seconds: float
    place: Place


@dataclass(frozen=True, slots=True)
class Shown:
    """A field whose raw value goes into the alert."""

    field: str
    place: Place


@dataclass(frozen=True, kw_only=True)  # without slots: its conditions are walked once and kept
class Rule:
    """One rule. ``extracted``: fields that something is taken out of; ``lowered``: made small letters first.

    ``frequency`` is how often it runs in seconds, where the file says so. ``counts_others``: it only counts
    what other rules found. ``excepts``: it joins a watch list, or leaves actors out by another list.
    """

    language: Language
    name: str
    title: str = ""
    description: str = ""
    comments: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    level: str = ""
    tables: tuple[Text, ...] = ()
    trees: tuple[Tree, ...] = ()
    loose: tuple[Text, ...] = ()  # literals outside every condition
    thresholds: tuple[Threshold, ...] = ()
    spans: tuple[Span, ...] = ()
    frequency: float = 0
    shown: tuple[Shown, ...] = ()
    shows_all: bool = False
    keys: tuple[str, ...] = ()
    extracted: tuple[str, ...] = ()
    lowered: frozenset[str] = frozenset()
    or_first: bool = False  # OR binds tighter than AND, as in the search command of Splunk
    counts_others: bool = False
    excepts: bool = False

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """All conditions, each with whether it stands under a NOT."""
        return tuple(term for tree in self.trees for term in terms(tree))

    @property
    def said(self) -> str:
        """All that the rule says about itself in words."""
        return "\n".join((self.title, self.description, *self.comments))


def terms(tree: Tree, negated: bool = False) -> Iterator[Term]:
    """The conditions of a tree, from left to right."""
    if tree.term is not None:
        one = tree.term
        yield Term(
            one.field, one.op, one.symbol, one.values, one.place, one.cased, one.negated is not negated
        )
    for part in tree.parts:
        yield from terms(part, negated is not (tree.kind == "not"))


def is_url(field: str) -> bool:
    """Whether a field may hold a whole URL."""
    return bool(_URL.search(field)) and not _HOST_OF_URL.search(field)


def is_part(name: str) -> bool:
    """Whether a name given to what was taken out of a URL says it is a part of the address, no target."""
    return bool(_PART.fullmatch(name))
