"""The conditions of KQL, SPL, ES|QL and AQL as far as our exports use them: text in, a function of a row out.

Written from the vendors' references, not from the exporters: case rules, whole or partial matches and
precedence are those of the languages (``not`` before ``and`` before ``or``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Part = Callable[[Row], Any]
TOKEN = re.compile(
    r"""\s+|(?P<comment>//[^\n]*|```.*?```|--[^\n]*)|(?P<string>"[^"\\\n]*"|'[^'\n]*')"""
    r"""|(?P<span>\d+(?:ms|s|m|h|d)\b)|(?P<number>\d+)|(?P<name>[@A-Za-z_]\w*)"""
    r"""|(?P<sign>==|>=|<=|!=|[-+*/=<>(),.|;])"""
)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of each word; anything else is an error."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, f"no word of the language: {text[at : at + 40]!r}"
        at = match.end()
        if match.lastgroup and match.lastgroup != "comment":
            found.append((match.lastgroup, match.group()))
    return found


def rlike(text: str, pattern: str) -> bool:
    """The whole text, as Lucene's regular expressions want it: there, ^ and $ would be plain characters."""
    assert "^" not in re.sub(r"\[\^[^\]]*\]", "", pattern)
    assert "$" not in pattern
    return re.fullmatch(pattern, text) is not None


def glob(text: str, pattern: str, many: str, flags: int = 0) -> bool:
    """A pattern in which ``many`` stands for any text; nothing else in ours is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split(many))), text, flags | re.DOTALL) is not None


def extract(pattern: str, group: int, text: str) -> str:
    found = re.search(pattern, text or "")
    return (found.group(group) or "") if found else ""


def cases(values: list[Any]) -> Any:
    for condition, value in zip(values[::2], values[1::2], strict=False):
        if condition is True:
            return value
    return values[-1] if len(values) % 2 else None


FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "tolower": lambda v: str(v[0] or "").lower(),
    "to_lower": lambda v: str(v[0] or "").lower(),
    "lower": lambda v: str(v[0] or "").lower(),
    "tostring": lambda v: str(v[0] if v[0] is not None else ""),
    "to_string": lambda v: v[0],
    "coalesce": lambda v: next((one for one in v if one is not None), None),
    "concat": lambda v: "".join(v),
    "replace": lambda v: re.sub(v[1], v[2], v[0]),
    "extract": lambda v: extract(v[0], v[1], v[2]),
    "trim_end": lambda v: re.sub(f"(?:{v[0]})*$", "", v[1]),
    "iff": lambda v: v[1] if v[0] else v[2],
    "isnotempty": lambda v: v[0] not in (None, ""),
    "match": lambda v: re.search(v[1], v[0] or "") is not None,
    "like": lambda v: glob(v[0], v[1], "%"),
    "ends_with": lambda v: v[0].endswith(v[1]),
    "starts_with": lambda v: v[0].startswith(v[1]),
    "in": lambda v: v[0] in v[1:],
    "true": lambda v: True,
    "case": cases,
    "bin": lambda v: v[0] // v[1] * v[1],
    "date_trunc": lambda v: v[1] // v[0] * v[0],
    "floor": lambda v: v[0] // 1,
    "range": lambda v: list(range(v[0], v[1] + 1, v[2])),
    "datetime": lambda v: v[0],
    "parse_json": lambda v: v[0],
    "array_length": lambda v: len(v[0]),
}
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: a == b,
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    "matches regex": lambda a, b: re.search(b, a or "") is not None,
    "imatches": lambda a, b: re.search(b, a or "", re.IGNORECASE) is not None,
    "rlike": lambda a, b: rlike(a or "", b),
    "like": lambda a, b: glob(a or "", b, "*"),
    "ilike": lambda a, b: glob(a or "", b, "%", re.IGNORECASE),
    "startswith": lambda a, b: (a or "").lower().startswith(b.lower()),  # KQL: regardless of case
    "in": lambda a, b: a in b,
    "in~": lambda a, b: str(a or "").lower() in [str(one).lower() for one in b],
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "/": lambda a, b: a / b,
}
COMPARING = {"==", "=", ">=", "matches", "imatches", "rlike", "like", "ilike", "startswith", "in"}


class Reader:
    """Reads one expression after the other from a list of words."""

    def __init__(self, words: list[tuple[str, str]], columns: str = "") -> None:
        self.words, self.at, self.columns = words, 0, columns  # columns: the quote that marks a column

    def peek(self) -> str:
        return self.words[self.at][1] if self.at < len(self.words) else ""

    def take(self, wanted: str = "") -> str:
        found = self.peek()
        assert not wanted or found.lower() == wanted.lower(), f"{wanted} expected, {found!r} found"
        self.at += 1
        return found

    def expression(self) -> Part:
        return self._chain("or", lambda: self._chain("and", self._not))

    def _chain(self, word: str, lower: Callable[[], Part]) -> Part:
        parts = [lower()]
        while self.peek().lower() == word:
            self.take()
            parts.append(lower())
        if len(parts) == 1:
            return parts[0]
        some = any if word == "or" else all
        return lambda row: some(part(row) for part in parts)

    def _not(self) -> Part:
        if self.peek().lower() == "not":
            self.take()
            inner = self._not()
            return lambda row: not inner(row)
        return self._comparison()

    def _comparison(self) -> Part:
        left = self._sum()
        word = self.peek().lower()
        if word not in COMPARING:
            return left
        self.take()
        if word == "matches":
            self.take("regex")
            word = "matches regex"
        if word == "in" and self.peek() != "(":
            raise AssertionError("in wants a list")
        right = self._list() if word.startswith("in") else self._sum()
        return lambda row: OPERATORS[word](left(row), right(row))

    def _list(self) -> Part:
        values = self._arguments()
        return lambda row: [value(row) for value in values]

    def _sum(self) -> Part:
        left = self._primary()
        while self.peek() in ("+", "-", "/"):
            sign, right, before = self.take(), self._primary(), left
            left = lambda row, s=sign, a=before, b=right: OPERATORS[s](a(row), b(row))  # noqa: E731
        return left

    def _primary(self) -> Part:
        kind, text = self.words[self.at]
        self.at += 1
        if text == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if kind == "string":
            value = text[1:-1]
            return (lambda row: row.get(value)) if text[0] == self.columns else (lambda row: value)
        if kind == "number":
            if self.peek() in ("hour", "hours", "minute", "minutes", "day", "days"):
                size = SECONDS[self.take()[0]]
                return lambda row: int(text) * size
            return lambda row: int(text)
        if kind == "span":
            return lambda row: int(text[:-1]) * SECONDS[text[-1]]
        return self._named(text)

    def _named(self, text: str) -> Part:
        if self.peek() == "(":
            values = self._arguments()
            if text == "column_ifexists":
                return lambda row: row[name] if (name := values[0](row)) in row else values[1](row)
            call = FUNCTIONS[text.lower()]
            found: Part = lambda row: call([value(row) for value in values])  # noqa: E731
        elif text.lower() in ("true", "false"):
            return lambda row: text.lower() == "true"
        else:
            while self.peek() == ".":
                self.take()
                text += "." + self.take()
            return lambda row: row.get(text)
        while self.peek() == ".":
            self.take()
            name, inner = self.take(), found
            found = lambda row, n=name, i=inner: (i(row) or {}).get(n)  # noqa: E731
        return found

    def _arguments(self) -> list[Part]:
        self.take("(")
        values = []
        while self.peek() != ")":
            values.append(self.expression())
            if self.peek() == ",":
                self.take()
        self.take(")")
        return values


def condition(text: str, columns: str = "") -> Part:
    """A whole text that is one condition."""
    reader = Reader(_in_twiddle(tokens(text.replace("in~", "in_twiddle"))), columns)
    found = reader.expression()
    assert reader.at == len(reader.words), f"left over: {reader.words[reader.at :][:5]}"
    return found


def _in_twiddle(words: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(kind, "in~" if text == "in_twiddle" else text) for kind, text in words]


COMPARING.add("in~")
