"""A query in Kusto (Microsoft Sentinel, Defender) in, the rule it says out.

Language: learn.microsoft.com/kusto/query. ``and`` binds tighter than ``or``; ``has`` means a whole term
between signs that are neither letter nor digit; ``==``, ``in`` and ``matches regex`` mind capital letters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glasshouse.errors import ConfigError
from glasshouse.portable.rule_logic import Dialect, first_place, strings, tree
from glasshouse.portable.rule_model import Op, Place, Rule, Shown, Span, Term, Text, Threshold, Tree, is_part
from glasshouse.portable.rule_tokens import Token, groups, number, pairs, scan, seconds, split

# Operator: what it does, whether capital letters matter.
_OPS: Mapping[str, tuple[Op, bool]] = {
    "==": ("equals", True), "=~": ("equals", False), "in": ("equals", True), "in~": ("equals", False),
    "!=": ("equals", True), "!~": ("equals", False), "<>": ("equals", True),
    "has": ("has", False), "has_any": ("has", False), "has_all": ("has", False), "has_cs": ("has", True),
    "contains": ("contains", False), "contains_cs": ("contains", True),
    "startswith": ("startswith", False), "startswith_cs": ("startswith", True),
    "hasprefix": ("contains", False), "hassuffix": ("endswith", False),
    "endswith": ("endswith", False), "endswith_cs": ("endswith", True), "matches": ("regex", True),
    ">=": ("compare", True), "<=": ("compare", True), ">": ("compare", True), "<": ("compare", True),
    "between": ("compare", True),
}  # fmt: skip
COUNTS = {"count": "count", "countif": "count", "dcount": "distinct", "dcountif": "distinct", "sum": "sum"}
_COUNTS = {**COUNTS, "count_distinct": "distinct", "array_length": "distinct", "sumif": "sum"}
_KEEPS = {"make_set", "make_list", "makeset", "makelist", "any", "take_any", "arg_max", "arg_min", "max"}
_KEEPS |= {"min", "tostring", "strcat", "strcat_array", "coalesce", "iff", "tolower", "set_union"}
_NO_TABLE = {"union", "isfuzzy", "true", "false", "withsource", "kind", "print", "range", "materialize"}
_EXTRACTS = {"extract", "extract_all", "parse_url", "parse_urlquery", "parse_path", "parse_json", "split"}
_EXTRACTS |= {"parse", "url_decode", "base64_decode_tostring", "substring", "replace_regex"}
MOST_LITERALS = 400_000


@dataclass(slots=True)
class _Read:
    """What has been read so far; ``raw`` maps a column to the field whose raw value it holds."""

    lets: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    tables: list[Text] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    counts: dict[str, tuple[str, str]] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    shown: list[Shown] | None = None
    keys: list[str] = field(default_factory=list)
    extracted: list[str] = field(default_factory=list)
    lowered: set[str] = field(default_factory=set)
    excepts: bool = False
    spent: int = 0

    def resolved(self, words: Sequence[Token]) -> tuple[Text, ...]:
        """Literals among the words, and those of names that ``let`` gave."""
        found: dict[Text, None] = {}
        for name in dict.fromkeys(word.text for word in words if word.kind == "word"):
            found |= dict.fromkeys(self.lets.get(name, ()))
        found |= dict.fromkeys(word.literal for word in words if word.kind == "string")
        self.spent += len(found)
        if self.spent > MOST_LITERALS:
            raise ConfigError("names given by let hold too much", next_step="lint one rule at a time")
        return tuple(found)

    def atom(self, words: Sequence[Token]) -> Term | None:
        """One condition."""
        at = next((i for i, one in enumerate(words) if one.low.lstrip("!") in _OPS or one.low in _OPS), -1)
        if at < 0:
            return self.bare(words)
        sign = words[at].low
        op, cased = _OPS.get(sign) or _OPS[sign.lstrip("!")]
        name = _column(words[:at])
        values = self.resolved(words[at + 1 :]) or tuple(
            one.literal for one in words[at + 1 :] if one.kind == "number" or one.low in ("true", "false")
        )
        lower = any(one.low in ("tolower", "toupper") for one in words[:at]) or name in self.lowered
        cased = cased and not lower and not (op == "regex" and all("(?i" in one.text for one in values))
        negated = sign.startswith("!") or sign == "<>"
        return Term(name, op, sign, values, words[at].place, cased, negated)

    def bare(self, words: Sequence[Token]) -> Term | None:
        """A condition without an operator: a function, or a column that is true or not."""
        if not words:
            return None
        values = self.resolved(words)
        if len(words) == 1:
            return Term(_column(words), "bare", "", values, words[0].place)
        return Term(_column(words[1:]), "call", words[0].low, values, words[0].place)


def read(text: str, name: str, origin: Place = Place()) -> Rule:  # noqa: B008
    """The rule; raises ConfigError when it is too large or too deep."""
    tokens, comments = scan(text, "kql", origin)
    done = _Read()
    for statement in split(tokens, ";"):
        _statement(statement, done)
    inside = {text for each in done.trees for text in _texts(each)}
    return Rule(
        language="kql",
        name=name,
        comments=tuple(comments),
        tables=tuple(one for one in done.tables if one.text not in done.lets),
        trees=tuple(done.trees),
        loose=tuple(one.literal for one in strings(tokens) if one.literal not in inside),
        thresholds=tuple(_thresholds(tokens, done)),
        spans=tuple(_spans(tokens)),
        shown=tuple(done.shown or ()),
        shows_all=done.shown is None,
        keys=tuple(done.keys),
        extracted=tuple(done.extracted),
        lowered=frozenset(done.lowered),
        excepts=done.excepts,
    )


def _texts(one: Tree) -> Iterator[Text]:
    yield from one.term.values if one.term else ()
    for part in one.parts:
        yield from _texts(part)


def _statement(words: Sequence[Token], done: _Read) -> None:
    if len(words) > 3 and words[0].low == "let":  # let X = ...
        name, body = words[1].text, words[3:]
        done.lets[name] = done.resolved(body)
        if any(one.low == "tolower" for one in body):
            done.lowered.add(name)
        if any(one.text == "|" for one in body):
            _pipeline(body, done)
            done.lets[name] = ()
        if any(one.low.startswith("_getwatchlist") or one.low == "externaldata" for one in body):
            done.excepts = True
        return
    _pipeline(words, done)


def _pipeline(words: Sequence[Token], done: _Read) -> None:
    for inner in groups(words):
        if any(one.text == "|" for one in inner) and inner:
            _pipeline(inner, done)
    first, *others = split(words, "|")
    done.tables += [
        one.literal
        for one in _outside(first)
        if one.kind == "word" and one.low not in _NO_TABLE and not one.low.startswith("let")
    ]
    for part in others:
        if part:
            _operator(part, done)


def _outside(words: Sequence[Token]) -> Iterator[Token]:
    """The words outside all brackets; of those in brackets, single ones."""
    closes = pairs(words)
    index = 0
    while index < len(words):
        end = closes.get(index, index)
        if end == index:
            yield words[index]
        elif end == index + 2:
            yield words[index + 1]
        index = end + 1


def _operator(words: Sequence[Token], done: _Read) -> None:
    verb = words[0].low
    if verb in ("where", "filter"):
        found = tree(words[1:], Dialect(done.atom))
        done.trees += [found] if found else []
    elif verb == "summarize":
        _summarize(words[1:], done)
    elif verb in ("extend", "project", "parse"):
        _derive(words, done)
    if verb == "distinct":
        done.shown = [Shown(done.raw.get(one.text, one.text), one.place) for one in words[1:]]
    if any(one.low in ("leftanti", "anti", "leftantisemi", "_getwatchlist", "externaldata") for one in words):
        done.excepts = True


def _summarize(words: Sequence[Token], done: _Read) -> None:
    made, *by = split(words, "by")
    shown: list[Shown] = []
    raw: dict[str, str] = {}
    for part in split(made, ","):
        name, body = _assigned(part)
        if not body:
            continue
        verb, source = body[0].low, _column(body[1:]) if len(body) > 1 else ""
        if verb in _COUNTS:
            done.counts[name or f"{verb}_{source}"] = (_COUNTS[verb], done.raw.get(source, source))
        elif verb in _KEEPS and source:
            raw[name or source] = done.raw.get(source, source)
            shown.append(Shown(raw[name or source], first_place(part)))
    for part in split(by[0], ",") if by else []:
        name, body = _assigned(part)
        source = _column(body)
        raw[name or source] = done.raw.get(source, source)
        done.keys.append(raw[name or source])
        shown.append(Shown(raw[name or source], first_place(part)))
    done.shown, done.raw = shown, {**done.raw, **raw}


def _derive(words: Sequence[Token], done: _Read) -> None:
    shown: list[Shown] = []
    if words[0].low == "parse":
        done.extracted.append(_column(words[1:2]))
        return
    rest = words[1:]
    away = bool(rest) and rest[0].text == "-"  # project-away, project-rename lose or rename columns only
    for part in [] if away else split(rest, ","):
        name, body = _assigned(part)
        source = _column(body)
        low = {one.low for one in body}
        if low & _EXTRACTS and not is_part(name) and not (body and is_part(body[-1].text)):
            done.extracted.append(source)
        if "tolower" in low and name:
            done.lowered.add(name)
        plain = len(body) == 1 or (body and body[0].low in _KEEPS)
        if name:
            done.raw[name] = done.raw.get(source, source) if plain else ""
        if body:
            field_ = done.raw.get(name or source, source)
            shown.append(Shown(field_, first_place(part)))
    if words[0].low == "project" and not away:
        done.shown = [one for one in shown if one.field]


def _assigned(part: Sequence[Token]) -> tuple[str, Sequence[Token]]:
    """``Name = expression`` as both; no name when there is none."""
    if len(part) > 2 and part[1].text == "=":
        return part[0].text, part[2:]
    return "", part


def _column(words: Sequence[Token]) -> str:
    """The column an expression is about: the last word that is no function."""
    found = [
        one.text
        for one, after in zip(words, [*words[1:], None], strict=False)
        if one.kind == "word" and not (after and after.text == "(") and one.low not in ("regex", "true")
    ]
    return found[-1] if found else ""


def _thresholds(tokens: Sequence[Token], done: _Read) -> Iterator[Threshold]:
    for name, sign, value in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if value.kind == "number" and name.text in done.counts and sign.text in (">", ">=", "==", "<", "<="):
            how, counted = done.counts[name.text]
            yield Threshold(how, counted, sign.text, number(value.text), name.place)


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    texts = [one.low for one in tokens]
    sliding = (
        "mv-expand" in "".join(texts) or "row_window_session" in texts or "sliding_window_counts" in texts
    )
    for index, word in enumerate(texts):
        if word == "ago" and index + 2 < len(texts) and (length := seconds(texts[index + 2])):
            yield Span("last", length, tokens[index].place)
        if word == "bin":
            length = next((seconds(each) for each in texts[index : index + 8] if seconds(each)), 0.0)
            if length or not sliding:
                yield Span("sliding" if sliding else "bin", length, tokens[index].place)
