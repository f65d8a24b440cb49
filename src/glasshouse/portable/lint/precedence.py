"""A rule in; each condition out that mixes AND and OR without parentheses."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule, Term, Tree, terms

CODE = "precedence"
TITLE = "Mixes AND and OR without parentheses"
LEVEL = "error"
WHY = (
    "AND binds tighter than OR (in Splunk's search: OR tighter than AND), so a condition meant for all "
    "branches guards one of them only."
)
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a place."""
    for tree in rule.trees:
        yield from _walk(tree)


def _walk(tree: Tree) -> Iterator[Found]:
    inner = "and" if tree.kind == "or" else "or"
    mixed = [part for part in tree.parts if part.kind == inner and not part.grouped]
    if tree.kind in ("and", "or") and mixed:
        free = [part for part in tree.parts if part not in mixed]
        yield _found(tree, mixed[0], free)
    for part in tree.parts:
        yield from _walk(part)


def _found(tree: Tree, mixed: Tree, free: list[Tree]) -> Found:
    inside = [_words(one) for one in list(terms(mixed))[:3]]
    outside = [_words(one) for each in free[:1] for one in list(terms(each))[:1]]
    sign = tree.kind.upper()
    other = "AND" if sign == "OR" else "OR"
    left = outside[0] if outside else "the other branch"
    guard = inside[-1] if len(inside) > 1 else inside[0] if inside else "the condition"
    return Found(
        mixed.place,
        f"reads as {left} {sign} ({f' {other} '.join(inside)})",
        f"A line with {left} passes whatever {inside[0] if inside else guard} says."
        if sign == "OR"
        else f"{left} has to hold for both sides of the OR.",
        "write the parentheses that are meant",
    )


def _words(term: Term) -> str:
    value = term.values[0].text[:30] if term.values else ""
    return f"{term.field} {term.symbol} {value}".strip()
