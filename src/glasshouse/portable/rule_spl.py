"""A search in SPL (Splunk) in, the rule it says out.

Language: docs.splunk.com, Search Reference. In ``search`` words side by side mean AND, OR binds tighter than
AND, values do not mind capital letters and ``*`` stands for any text; in ``where`` AND binds tighter than OR
and text minds capital letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glasshouse.portable.rule_logic import Dialect, strings, tree
from glasshouse.portable.rule_model import Op, Rule, Shown, Span, Term, Text, Threshold, Tree, is_part, is_url
from glasshouse.portable.rule_spl_search import SIGNS, atom, closed, length, liked
from glasshouse.portable.rule_tokens import Token, groups, number, pairs, scan, seconds, split

_COUNTS = {"count": "count", "c": "count", "dc": "distinct", "distinct_count": "distinct", "sum": "sum"}
_COUNTS["estdc"] = "distinct"
_KEEPS = {"values", "list", "first", "last", "latest", "earliest", "max", "min", "mode"}
_STATS = ("stats", "eventstats", "streamstats", "chart", "timechart", "sistats", "tstats")
_FUNCTIONS: Mapping[str, Op] = {"match": "regex", "like": "contains", "in": "equals"}
_GENERATES = ("tstats", "from", "inputlookup", "makeresults", "multisearch", "union", "metadata", "search")
_EXCEPTS = ("lookup", "inputlookup", "`allowlist`")
_NO_FIELD = ("earliest", "latest", "span", "by", "as", "limit")
_GROUP = re.compile(r"\(\?P?<(\w{1,80})>")


@dataclass(slots=True)
class _Read:
    """What has been read so far; ``raw`` maps a name to the field whose raw value it holds."""

    tables: list[Text] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=list)
    counts: dict[str, tuple[str, str]] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    shown: list[Shown] | None = None
    keys: list[str] = field(default_factory=list)
    extracted: list[str] = field(default_factory=list)
    lowered: set[str] = field(default_factory=set)
    excepts: bool = False

    def where(self, words: Sequence[Token]) -> Term | None:
        """One condition of ``where``."""
        at = next((i for i, one in enumerate(words) if one.low in (*SIGNS, "like", "in")), -1)
        verb = words[0].low if words else ""
        if len(words) > 1 and words[1].text == "(" and (verb in _FUNCTIONS or at < 0):
            return self._called(words, verb)
        if at < 0:
            return Term("", "bare", "", (words[0].literal,), words[0].place) if words else None
        sign = words[at].low
        name = _column(words[:at])
        values = tuple(one.literal for one in words[at + 1 :] if one.kind in ("string", "number"))
        op: Op = "compare" if sign in (">=", "<=", ">", "<") else "equals"
        if sign == "like":
            op, values = liked(values, "%")
        lower = name in self.lowered or any(one.low == "lower" for one in words)
        return Term(name, op, sign, values, words[at].place, op == "equals" and not lower, sign == "!=")

    def _called(self, words: Sequence[Token], verb: str) -> Term:
        inner = words[2 : pairs(words).get(1, len(words))]
        name = _column(split(inner, ",")[0])
        values = tuple(one.literal for one in strings(inner))
        op: Op = _FUNCTIONS.get(verb, "call")
        if verb == "like":
            op, values = liked(values, "%")
        lower = name in self.lowered or any(one.low == "lower" for one in inner)
        cased = op != "call" and not lower and not (op == "regex" and all("(?i" in t.text for t in values))
        return Term(name, op, verb, values, words[0].place, cased)


def read(text: str, name: str) -> Rule:
    """The rule; raises ConfigError when it is too large or too deep."""
    tokens, comments = scan(text, "spl")
    done = _Read()
    _pipeline(tokens, done)
    inside = {text for each in done.trees for text in _texts(each)}
    return Rule(
        language="spl",
        name=name,
        comments=tuple(comments),
        tables=tuple(done.tables),
        trees=tuple(done.trees),
        loose=tuple(one.literal for one in strings(tokens) if one.literal not in inside),
        thresholds=tuple(_thresholds(tokens, done)),
        spans=tuple(_spans(tokens)),
        shown=tuple(done.shown or ()),
        shows_all=done.shown is None,
        keys=tuple(done.keys),
        extracted=tuple(done.extracted),
        lowered=frozenset(done.lowered),
        or_first=any(one.low == "search" for one in tokens[:1]) or _begins_with_search(tokens),
        excepts=done.excepts,
    )


def _texts(one: Tree) -> Iterator[Text]:
    yield from one.term.values if one.term else ()
    for part in one.parts:
        yield from _texts(part)


def _begins_with_search(tokens: Sequence[Token]) -> bool:
    return bool(tokens) and tokens[0].text != "|" and tokens[0].low not in _GENERATES


def _pipeline(words: Sequence[Token], done: _Read) -> None:
    for inner in groups(words):
        if any(one.text == "|" for one in inner):
            _pipeline(inner, done)
    for index, part in enumerate(split(words, "|")):
        if part and index == 0 and _begins_with_search(words):
            _search(part, done)
        elif part:
            _command(part, done)


def _command(words: Sequence[Token], done: _Read) -> None:
    verb, rest = words[0].low, words[1:]
    if verb == "search":
        _search(rest, done)
    elif verb == "where":
        found = tree(rest, Dialect(done.where))
        done.trees += [found] if found else []
    elif verb in _STATS:
        _stats(verb, rest, done)
    elif verb == "eval":
        _eval(rest, done)
    elif verb == "rename":
        for part in split(rest, ","):
            before, *after = split(part, "as")
            if before and after and after[0]:
                done.raw[after[0][0].text] = before[0].text
    elif verb in ("table", "fields"):
        _fields(rest, done)
    _others(verb, words, done)


def _others(verb: str, words: Sequence[Token], done: _Read) -> None:
    if verb in ("rex", "regex", "extract", "xpath", "spath"):
        at = next((i for i, one in enumerate(words) if one.text == "="), -1)
        name = words[at + 1].text if 0 < at < len(words) - 1 else ""
        parts = [part for one in strings(words) for part in _GROUP.findall(one.text)]
        if verb != "regex" and not (parts and all(map(is_part, parts))):
            done.extracted.append(done.raw.get(name, name))
        if verb == "regex" and at > 0:
            values = tuple(one.literal for one in strings(words))
            cased = not all("(?i" in one.text for one in values)
            term = Term(words[at - 1].text, "regex", "regex", values, words[0].place, cased)
            done.trees.append(Tree("term", term=term, place=term.place))
    if any(one.low in _EXCEPTS for one in words):
        done.excepts = True


def _search(words: Sequence[Token], done: _Read) -> None:
    """The conditions of ``search``; ``index=`` and the like are where it reads, too."""
    found = tree(words, Dialect(atom, or_first=True, length=length))
    done.trees += [found] if found else []
    for name, sign, value in zip(words, words[1:], words[2:], strict=False):
        if name.low in ("index", "sourcetype", "source", "eventtype", "datamodel") and sign.text == "=":
            done.tables.append(Text(f"{name.low}={value.text}", name.place))


def _stats(verb: str, words: Sequence[Token], done: _Read) -> None:
    made, *by = split(words, "by")
    if verb == "tstats":
        made, *rest = split(made, "from")
        model, *where = split(rest[0], "where") if rest else ([],)
        done.tables += [one.literal for one in model if one.kind == "word" and one.low != "datamodel"]
        if where:
            _search(where[0], done)
    shown: list[Shown] = []
    index = 0
    while index < len(made):
        index = _aggregate(made, index, shown, done)
    for one in by[0] if by else []:
        if one.kind in ("word", "string") and one.low not in _NO_FIELD:
            name = done.raw.get(one.text, one.text)
            done.keys.append(name)
            shown.append(Shown(name, one.place))
    if verb in ("stats", "tstats", "chart"):
        done.shown = shown


def _aggregate(words: Sequence[Token], index: int, shown: list[Shown], done: _Read) -> int:
    """One ``dc(field) AS name``; returns where the next may begin."""
    verb, at, source = words[index].low, index + 1, ""
    if at < len(words) and words[at].text == "(":
        at = closed(words, at)
        source = _column(words[index + 2 : at])
    source = done.raw.get(source, source)
    name = ""
    if at + 1 < len(words) and words[at].low == "as":
        name, at = words[at + 1].text, at + 2
    if verb in _COUNTS:
        how = _COUNTS[verb]
        done.counts[name or verb] = done.counts.get(source, (how, source)) if how == "sum" else (how, source)
    elif verb in _KEEPS and source:
        shown.append(Shown(source, words[index].place))
    return at


def _eval(words: Sequence[Token], done: _Read) -> None:
    for part in split(words, ","):
        if len(part) < 3 or part[1].text != "=":
            continue
        body = part[2:]
        low = {one.low for one in body}
        name, source = part[0].text, _column(body)
        if low & {"lower", "upper"}:
            done.lowered.add(name)
        if low & {"replace", "split", "mvindex", "urldecode", "substr"}:
            done.extracted.append(done.raw.get(source, source))
        if low & {"coalesce", "if"}:  # one of several: the one that may be a whole URL tells most
            source = next((one.text for one in body if one.kind == "word" and is_url(one.text)), "")
        if name != source:
            plain = len(body) == 1 or low & {"coalesce", "if"}
            done.raw[name] = done.raw.get(source, source) if plain else ""


def _fields(words: Sequence[Token], done: _Read) -> None:
    gone = bool(words) and words[0].text == "-"
    names = [one for one in words if one.kind in ("word", "string") and one.text not in ("-", "+")]
    if gone:
        done.shown = [one for one in done.shown or () if one.field not in {n.text for n in names}] or None
    else:
        done.shown = [
            Shown(done.raw.get(one.text, one.text), one.place)
            for one in names
            if done.raw.get(one.text, one.text)
        ]


def _column(words: Sequence[Token]) -> str:
    found = [
        one.text
        for one, after in zip(words, [*words[1:], None], strict=False)
        if one.kind == "word" and not (after and after.text == "(")
    ]
    return found[-1] if found else ""


def _thresholds(tokens: Sequence[Token], done: _Read) -> Iterator[Threshold]:
    for name, sign, value in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if value.kind == "number" and name.text in done.counts and sign.text in (">", ">=", "=", "=="):
            how, counted = done.counts[name.text]
            yield Threshold(how, counted, sign.text, number(value.text), name.place)


def _spans(tokens: Sequence[Token]) -> Iterator[Span]:
    verb = ""
    for index, one in enumerate(tokens):
        if one.text == "|" and index + 1 < len(tokens):
            verb = tokens[index + 1].low
        value = tokens[index + 2].text if index + 2 < len(tokens) and tokens[index + 1].text == "=" else ""
        if one.low == "earliest" and value and (length := seconds(value)):
            yield Span("last", length, one.place)
        if one.low == "span" and verb in ("bin", "bucket", "timechart") and (length := seconds(value)):
            yield Span("bin", length, one.place)
