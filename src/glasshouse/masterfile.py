"""The text of a master file in, its records out, one by one.

Master files: RFC 1035 section 5, RFC 2308 ($TTL), RFC 3597 (unknown types), and what BIND writes. A record
that cannot be read is told and does not cost the others. ``$INCLUDE`` is never followed, ``$GENERATE`` is
not carried out: the names it makes lie below the zone anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from glasshouse import parse

LONGEST = 65_536  # characters of one record
_TOO_LONG = "( )"  # no word of a file is this
_TOKEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|;[^\n]*|([()])|((?:[^\s"();\\]|\\.)+)|(\S)')
_TTL = re.compile(r"\d+(?:[wdhms]\d+)*[wdhms]?", re.IGNORECASE)
_CLASSES = ("in", "ch", "hs", "cs", "any")
_TYPE = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)
NO_ORIGIN = "a relative name without an origin"


class Record(NamedTuple):
    """One record: where it stands, its absolute owner name with a dot at the end, its type and data."""

    line: int
    name: str
    type: str
    data: tuple[str, ...]


class Broken(NamedTuple):
    """A line that is no record, and why."""

    line: int
    reason: str
    next_step: str = ""


def records(text: str, origin: str = "") -> Iterator[Record | Broken]:
    """The records of a master file; ``origin`` is the zone as the file's name says it."""
    at = _absolute(origin, ".") if origin else ""
    last = ""
    for line, tokens, indented in _entries(text):
        first = tokens[0].upper()
        if tokens[0] == _TOO_LONG:
            yield Broken(line, "longer than 64 KiB")
            continue
        if first == "$ORIGIN" and len(tokens) > 1:
            at = _absolute(tokens[1], at or ".")
        elif first in ("$INCLUDE", "$GENERATE"):
            step = "named-compilezone writes a zone with everything in it"
            yield Broken(line, f"{first} is not followed", step)
        elif not first.startswith("$"):
            owner, rest = (last, tokens) if indented else (_absolute(tokens[0], at), tokens[1:])
            last = owner or last
            yield _record(line, owner, rest, at)


def _entries(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """The entries of a master file: line, words, and whether the owner is the one before (blank in front)."""
    words: list[str] = []
    start, open_, indented, size = 1, False, False, 0
    for number, line in enumerate(text.split("\n"), 1):
        if not open_:
            start, indented, size = number, line[:1] in (" ", "\t"), 0
        size += len(line)
        if size > LONGEST:
            yield number, [_TOO_LONG], False
            words, open_ = [], False
            continue
        for token in _TOKEN.finditer(line):
            quoted, bracket, word, odd = token.groups()
            if bracket:
                open_ = bracket == "("
            elif word or odd or quoted is not None:
                words.append(word or odd or f'"{quoted}"')
        if not open_ and words:
            yield start, words, indented
            words = []
    if words:
        yield start, [*words, ")"], indented


def _record(line: int, owner: str, rest: list[str], at: str) -> Record | Broken:
    while rest and (_TTL.fullmatch(rest[0]) or rest[0].lower() in _CLASSES):
        rest = rest[1:]
    if not owner:
        return Broken(line, NO_ORIGIN, "name the file after the zone: db.example.com")
    if len(rest) < 2 or not _TYPE.fullmatch(rest[0]):
        return Broken(line, "not a record", "named-checkzone tells what is wrong")
    if rest[-1] == ")":
        return Broken(line, "a bracket is not closed", "named-checkzone tells what is wrong")
    kind, data = rest[0].upper(), tuple(rest[1:])
    if kind in ("A", "AAAA") and parse.address(data[0]) is None:
        return Broken(line, f"the address of {kind} is none", "named-checkzone tells what is wrong")
    return Record(line, owner, kind, data)


def _absolute(name: str, at: str) -> str:
    if name == "@":
        return at
    name = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1])), name).lower()
    if name.endswith("."):
        return name
    return f"{name}.{at.removeprefix('.')}" if at else ""
