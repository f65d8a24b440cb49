"""Tokens of Splunk's ``search`` in, one condition of it out; wildcards as what they do."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.portable.rule_model import Op, Term, Text
from glasshouse.portable.rule_tokens import Token

SIGNS = ("=", "==", "!=", ">=", "<=", ">", "<")


def length(words: Sequence[Token], start: int) -> int:
    """How many tokens one condition takes that begins there."""
    after = words[start + 1 : start + 3]
    if words[start].text == "[":
        return closed(words, start) - start
    if after and after[0].text in SIGNS:
        return 3
    if len(after) == 2 and after[0].low == "in" and after[1].text == "(":
        return closed(words, start + 2) - start
    if after and after[0].text == "(" and words[start].low in ("term", "case"):
        return closed(words, start + 1) - start
    return 1


def closed(words: Sequence[Token], start: int) -> int:
    """Where the bracket that opens there is over."""
    depth = 0
    for index in range(start, len(words)):
        depth += words[index].kind == "sign" and words[index].text in ("(", "[")
        depth -= words[index].kind == "sign" and words[index].text in (")", "]")
        if depth <= 0:
            return index + 1
    return len(words)


def atom(words: Sequence[Token]) -> Term | None:
    """One condition; a word by itself is looked for anywhere."""
    if len(words) < 3:
        return Term("", "contains", "", (words[0].literal,), words[0].place) if words else None
    sign = words[1].low
    values = tuple(one.literal for one in words[2:] if one.kind in ("string", "word", "number"))
    if sign in (">=", "<=", ">", "<"):
        return Term(words[0].text, "compare", sign, values, words[1].place)
    op, values = liked(values, "*")
    return Term(words[0].text, op, sign, values, words[1].place, negated=sign == "!=")


def liked(values: Sequence[Text], mark: str) -> tuple[Op, tuple[Text, ...]]:
    """Text with wildcards as what it does: ``*x*`` contains, ``*x`` ends with, ``x*`` starts with."""
    long = [one.text for one in values if len(one.text) > 1]
    begins, ends = (any(one.startswith(mark) for one in long), any(one.endswith(mark) for one in long))
    op: Op = "contains" if begins and ends else "endswith" if begins else "startswith" if ends else "equals"
    return op, tuple(Text(one.text.strip(mark) or one.text, one.place) for one in values)
