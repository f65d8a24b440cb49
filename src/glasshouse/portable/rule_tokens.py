"""The text of a query and its language in; words, literals, numbers and signs with their places out.

One pass, one regular expression a language, none with nested repeats: the time is linear in the length.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from glasshouse.errors import ConfigError
from glasshouse.portable.rule_model import Place, Text

MOST = 512 * 1024
MOST_TOKENS = 200_000
DEEPEST = 60
_KQL = r"""
(?P<comment>//[^\n]*)
|(?P<string>[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'|[hH]?```.*?```|[hH]?~~~.*?~~~
  |[hH]?"(?:\\.|[^"\\\n])*"|[hH]?'(?:\\.|[^'\\\n])*')
|(?P<number>\d+(?:\.\d+)?[a-z]*)
|(?P<word>!?[A-Za-z_$][\w$]*~?)
|(?P<sign><=|>=|!=|==|=~|!~|<>|\.\.|=>|\S)
"""
_SPL = r"""
(?P<comment>```.*?```|`comment\([^`]*`)
|(?P<string>"(?:\\.|[^"\\])*")
|(?P<number>\d+(?:\.\d+)?[a-z]*(?![\w.*/:-]))
|(?P<sign><=|>=|!=|==|[|()\[\],=<>!])
|(?P<word>[^\s|()\[\],=<>!"]+)
"""
_AQL = r"""
(?P<comment>--[^\n]*|/\*.*?\*/)
|(?P<string>'(?:[^']|'')*')
|(?P<name>"[^"\n]*")
|(?P<number>\d+(?:\.\d+)?)
|(?P<word>[A-Za-z_][\w.:]*)
|(?P<sign><=|>=|!=|<>|\S)
"""
_SIGMA = r"(?P<word>[\w*.-]+)|(?P<sign>\S)"
_SYNTAX = {
    name: re.compile(text, re.VERBOSE | re.DOTALL)
    for name, text in (("kql", _KQL), ("spl", _SPL), ("aql", _AQL), ("sigma", _SIGMA))
}
_OPENS = {"(": ")", "[": "]", "{": "}"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query: word, name, string, number or sign. ``text`` has no quotes."""

    kind: str
    text: str
    place: Place

    @property
    def low(self) -> str:
        """Its text in small letters; empty for a string, which is never a keyword."""
        return "" if self.kind in ("string", "name") else self.text.lower()

    @property
    def literal(self) -> Text:
        """It as a literal of the rule."""
        return Text(self.text, self.place)


def scan(text: str, language: str, origin: Place = Place()) -> tuple[list[Token], list[str]]:  # noqa: B008
    """The tokens and the comments; raises ConfigError when there is too much of it."""
    if len(text) > MOST:
        raise ConfigError(f"more than {MOST // 1024} kB", next_step="lint one rule at a time")
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    tokens: list[Token] = []
    comments: list[str] = []
    for found in _SYNTAX[language].finditer(text):
        kind = found.lastgroup or "sign"
        if kind == "comment":
            said = found.group().strip("`/-* \t")
            comments.append(said[9:-2] if said.startswith('comment("') else said)
            continue
        line = bisect_right(starts, found.start())
        column = found.start() - starts[line - 1] + origin.column
        place = Place(line + origin.line - 1, column)
        tokens.append(Token(kind, _bare(found.group(), kind, language), place))
        if len(tokens) > MOST_TOKENS:
            raise ConfigError("too many words for one rule", next_step="lint one rule at a time")
    return tokens, comments


def _bare(text: str, kind: str, language: str) -> str:
    if kind == "name":
        return text[1:-1]
    if kind != "string":
        return text
    if language == "aql":
        return text[1:-1].replace("''", "'")
    text = text.lstrip("hH") if language == "kql" else text
    if text.startswith("@"):
        return text[2:-1].replace(text[1] * 2, text[1])
    if text.startswith(("```", "~~~")):
        return text[3:-3]
    return _ESCAPE.sub(_unescaped, text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    """What an escape stands for; one of a regular expression (``\\.``) stays as it is."""
    letter = found.group(1)
    return letter if letter in "\"'\\" else found.group()


def pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """Where each opened bracket is closed; one that never is, ends with the text. Raises ConfigError."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text in _OPENS:
            waiting.append(index)
            if len(waiting) > DEEPEST:
                raise ConfigError(
                    f"brackets in brackets, more than {DEEPEST} deep", f"line {token.place.line}"
                )
        elif token.kind == "sign" and waiting and token.text == _OPENS[tokens[waiting[-1]].text]:
            found[waiting.pop()] = index
    return found | dict.fromkeys(waiting, len(tokens))


def split(tokens: Sequence[Token], *marks: str) -> list[list[Token]]:
    """Tokens between marks (signs or words in small letters) outside all brackets."""
    closes = pairs(tokens)
    parts: list[list[Token]] = [[]]
    index = 0
    while index < len(tokens):
        end = closes.get(index, index)
        if end == index and tokens[index].low in marks:
            parts.append([])
        else:
            parts[-1] += tokens[index : end + 1]
        index = end + 1
    return parts


def groups(tokens: Sequence[Token]) -> list[list[Token]]:
    """What stands in the outermost brackets."""
    closes = pairs(tokens)
    found: list[list[Token]] = []
    index = 0
    while index < len(tokens):
        end = closes.get(index, index)
        if end > index:
            found.append(list(tokens[index + 1 : end]))
        index = end + 1
    return found


def number(text: str) -> float:
    """The number a token begins with."""
    found = re.match(r"\d{1,15}(?:\.\d{1,9})?", text)
    return float(found.group()) if found else 0.0


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def seconds(text: str) -> float:
    """A span such as 10m, 1h, PT5M, ``24 HOURS`` in seconds; 0 when it is none."""
    found = re.fullmatch(
        r"[-@p\s]*t?\s*(\d{1,9}(?:\.\d{1,6})?)\s*([smhdw])\w*(?:@\w+)?", text.strip().lower()
    )
    return float(found.group(1)) * _UNITS[found.group(2)] if found else 0.0
