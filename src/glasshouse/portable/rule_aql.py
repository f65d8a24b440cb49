"""A query in AQL (IBM QRadar) in, the rule it says out.

Language: ibm.com/docs/en/qsip, Ariel Query Language. AND binds tighter than OR; text in single quotes,
names in double quotes; LIKE, ``=`` and MATCHES mind capital letters, ILIKE and IMATCHES do not; LAST n HOURS
ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from glasshouse.portable.rule_logic import Dialect, first_place, strings, tree
from glasshouse.portable.rule_model import Op, Rule, Shown, Span, Term, Text, Threshold, Tree
from glasshouse.portable.rule_tokens import Token, number, scan, seconds, split

_OPS: Mapping[str, tuple[Op, bool]] = {
    "=": ("equals", True), "!=": ("equals", True), "<>": ("equals", True), "in": ("equals", True),
    "like": ("contains", True), "ilike": ("contains", False), "matches": ("regex", True),
    "imatches": ("regex", False), "contains": ("contains", False), "incidr": ("call", False),
    ">=": ("compare", True), "<=": ("compare", True), ">": ("compare", True), "<": ("compare", True),
    "between": ("compare", True), "is": ("compare", True),
}  # fmt: skip
_CLAUSES = ("select", "from", "where", "group", "having", "order", "limit", "last", "start")
_LOWER = ("lower", "upper", "strlower")
_COUNTS = {"count": "count", "uniquecount": "distinct", "sum": "sum"}


def read(text: str, name: str) -> Rule:
    """The rule; raises ConfigError when it is too large or too deep."""
    tokens, comments = scan(text, "aql")
    tokens = _cases(tokens)
    parts = _clauses(tokens)
    found = tree(parts.get("where", []), Dialect(_atom, between=True))
    counts, shown = _selected(parts.get("select", []))
    inside = {text for term in _terms(found) for text in term.values}
    return Rule(
        language="aql",
        name=name,
        comments=tuple(comments),
        tables=tuple(one.literal for one in parts.get("from", [])[:1]),
        trees=(found,) if found else (),
        loose=tuple(
            one.literal
            for clause, words in parts.items()
            for one in strings(words)
            if clause != "select" and one.literal not in inside
        ),
        thresholds=tuple(_thresholds(parts.get("having", []), counts)),
        spans=tuple(_spans(parts.get("last", []))),
        shown=tuple(shown),
        shows_all=any(one.text == "*" for one in parts.get("select", [])[:1]),
        keys=tuple(_column(part) for part in split(parts.get("group", [])[1:], ",") if part),
        extracted=tuple(_extracted(parts.get("select", []))),
        excepts=any(one.low == "referencesetcontains" for one in tokens),
    )


def _cases(tokens: Sequence[Token]) -> list[Token]:
    """``CASE ... END`` as brackets, so that what stands in it is no condition of its own."""
    signs = {"case": "(", "end": ")"}
    return [Token("sign", signs[one.low], one.place) if one.low in signs else one for one in tokens]


def _clauses(tokens: Sequence[Token]) -> dict[str, list[Token]]:
    """The words after each keyword, by keyword; ``BY`` stays in front of what it groups."""
    found: dict[str, list[Token]] = {}
    current: list[Token] = []
    depth, before = 0, ""
    for one in tokens:
        depth += (one.kind == "sign") * ((one.text in "([{") - (one.text in ")]}"))
        if depth <= 0 and one.low in _CLAUSES and before != "as":
            current = found.setdefault(one.low, [])
        else:
            current.append(one)
        before = one.low
    return found


def _atom(words: Sequence[Token]) -> Term | None:
    at = next((i for i, one in enumerate(words) if one.low in _OPS), -1)
    if at < 0:
        values = tuple(one.literal for one in strings(words))
        symbol = words[0].low if words else ""
        return Term(_column(words[1:]), "call", symbol, values, first_place(words)) if words else None
    sign = words[at].low
    before, after = words[:at], words[at + 1 :]
    negated = sign in ("!=", "<>") or any(one.low == "not" for one in (*before, *after[:1]))
    values = tuple(one.literal for one in after if one.kind in ("string", "number"))
    op, cased = _OPS[sign]
    if sign in ("like", "ilike"):
        op, values = _liked(values)
    cased = cased and not any(one.low in _LOWER for one in words)
    cased = cased and not (op == "regex" and all("(?i" in one.text for one in values))
    return Term(_column(before), op, sign, values, words[at].place, cased, negated)


def _liked(values: Sequence[Text]) -> tuple[Op, tuple[Text, ...]]:
    """LIKE as what it does: ``%x%`` contains, ``%x`` ends with, ``x%`` starts with, ``x`` equals."""
    text = values[0].text if values else ""
    ops: dict[tuple[bool, bool], Op] = {
        (True, True): "contains", (True, False): "endswith", (False, True): "startswith",
    }  # fmt: skip
    op = ops.get((text.startswith("%"), text.endswith("%") and len(text) > 1), "equals")
    return op, tuple(Text(one.text.strip("%"), one.place) for one in values)


def _terms(found: Tree | None) -> Iterator[Term]:
    if found is None:
        return
    if found.term:
        yield found.term
    for part in found.parts:
        yield from _terms(part)


def _selected(words: Sequence[Token]) -> tuple[dict[str, tuple[str, str]], list[Shown]]:
    counts: dict[str, tuple[str, str]] = {}
    shown: list[Shown] = []
    for part in split(words, ","):
        before, *alias = split(part, "as")
        if not before:
            continue
        name = alias[0][0].text if alias and alias[0] else ""
        verb = before[0].low
        if verb in _COUNTS and len(before) > 1:
            counts[name.lower() or verb] = (_COUNTS[verb], _column(before[1:]))
        elif len(before) == 1 or verb in ("first", "last", "min", "max", "strlen", "utf8", "base64"):
            shown.append(Shown(_column(before), first_place(before)))
    return counts, shown


def _extracted(words: Sequence[Token]) -> Iterator[str]:
    for part in split(words, ","):
        if any(one.low in ("replaceall", "replacefirst", "substring", "strpos", "regex") for one in part):
            yield _column(part)


def _column(words: Sequence[Token]) -> str:
    found = [
        one.text
        for one, after in zip(words, [*words[1:], None], strict=False)
        if one.kind in ("word", "name") and not (after and after.text == "(" and one.kind == "word")
        if one.low not in ("not", "distinct", "by", "when", "then", "else")
    ]
    return found[-1] if found else ""


def _thresholds(words: Sequence[Token], counts: Mapping[str, tuple[str, str]]) -> Iterator[Threshold]:
    for part in [each for piece in split(words, "and") for each in split(piece, "or")]:
        at = next((i for i, one in enumerate(part) if one.text in (">", ">=", "=")), -1)
        if at < 1 or not part[at + 1 :] or part[at + 1].kind != "number":
            continue
        found = counts.get(part[0].text.lower())
        if found is None and part[0].low in _COUNTS:
            found = (_COUNTS[part[0].low], _column(part[1:at]))
        if found:
            yield Threshold(found[0], found[1], part[at].text, number(part[at + 1].text), part[0].place)


def _spans(words: Sequence[Token]) -> Iterator[Span]:
    said = " ".join(one.text for one in words[:2])
    if re.fullmatch(r"\d+ \w+", said) and (length := seconds(said)):
        yield Span("last", length, words[0].place)
