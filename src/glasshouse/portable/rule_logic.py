"""Tokens of a condition in, its tree out: AND, OR and NOT as the language binds them, parentheses as written.

A condition that is not understood becomes a bare term; nothing here refuses a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from glasshouse.errors import ConfigError
from glasshouse.portable.rule_model import Place, Term, Tree
from glasshouse.portable.rule_tokens import DEEPEST, Token, pairs

Atom = Callable[[Sequence[Token]], "Term | Tree | None"]
JOINS = ("and", "or")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes conditions: which binds tighter, how one condition is read.

    ``length``: how many tokens one condition takes, where two may stand side by side and mean AND.
    """

    atom: Atom
    or_first: bool = False
    length: Callable[[Sequence[Token], int], int] | None = None
    between: bool = False  # BETWEEN a AND b: that AND joins nothing


def tree(tokens: Sequence[Token], dialect: Dialect, depth: int = 0) -> Tree | None:
    """The tree of one condition; None when there is none."""
    if depth > DEEPEST:
        raise ConfigError(f"conditions in conditions, more than {DEEPEST} deep")
    closes = pairs(tokens)
    loose, tight = ("and", "or") if dialect.or_first else ("or", "and")
    rows: list[list[Tree]] = [[]]
    index, negations, joined = 0, 0, True
    while index < len(tokens):
        word = tokens[index].low
        if word in JOINS:
            rows += [[]] if word == loose else []
            index, joined = index + 1, True
            continue
        if word in ("not", "!"):
            negations, index = negations + 1, index + 1
            continue
        end = _end(tokens, index, closes, dialect)
        one = _primary(tokens[index:end], dialect, depth)
        if one is not None:
            one = Tree("not", (one,), place=one.place) if negations % 2 else one
            if not joined and loose == "and":
                rows.append([])  # side by side means AND, which binds less than OR here
            rows[-1].append(one)
        negations, joined, index = 0, False, max(end, index + 1)
    return _joined(loose, [each for each in (_joined(tight, row) for row in rows) if each])


def _joined(kind: str, parts: Sequence[Tree]) -> Tree | None:
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    return Tree("and" if kind == "and" else "or", tuple(parts), place=parts[0].place)


def _end(tokens: Sequence[Token], start: int, closes: dict[int, int], dialect: Dialect) -> int:
    """Where the condition that begins here ends."""
    if dialect.length and not (start in closes and tokens[start].text == "("):
        return start + max(1, dialect.length(tokens, start))
    if dialect.length:
        return min(closes[start] + 1, len(tokens))
    index, between = start, False
    while index < len(tokens):
        word = tokens[index].low
        if word in JOINS and not (between and word == "and"):
            break
        between = dialect.between and (word == "between" or (between and word != "and"))
        index = closes.get(index, index) + 1
    return min(index, len(tokens))


def _primary(tokens: Sequence[Token], dialect: Dialect, depth: int) -> Tree | None:
    """One condition, or a whole one in parentheses."""
    closes = pairs(tokens)
    if tokens and tokens[0].kind == "sign" and tokens[0].text == "(" and closes.get(0, -1) >= len(tokens) - 1:
        inner = tree(tokens[1 : closes[0]], dialect, depth + 1)
        return inner and Tree(inner.kind, inner.parts, inner.term, True, inner.place)
    found = dialect.atom(tokens)
    return Tree("term", term=found, place=found.place) if isinstance(found, Term) else found


def first_place(tokens: Sequence[Token]) -> Place:
    """Where the tokens begin."""
    return tokens[0].place if tokens else Place()


def strings(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The literals among the tokens."""
    return tuple(token for token in tokens if token.kind == "string")
