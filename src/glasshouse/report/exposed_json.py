"""Nouns of exposure in, JSON out: every field under its own name, times as RFC 3339, nothing left out."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import orjson

from glasshouse.observed import Observation
from glasshouse.report.exposed_facts import TIMES, iso

_TIMES = TIMES | {"at", "before", "time", "first_public", "last_public", "last_asked", "last_complete"}
_TIMES |= {"since", "until"}


_NOT_ASCII = re.compile(r"[^\n -~]")


def written(made: object, *, indent: bool = False) -> str:
    """What JSON can say, in ASCII characters only, so that no terminal acts on it; it parses back to it."""
    try:
        text = orjson.dumps(made, option=orjson.OPT_INDENT_2 if indent else None).decode()
    except TypeError:  # a number of more than 64 bits
        text = json.dumps(made, indent=2 if indent else None)
    return text if text.isascii() and text.isprintable() else _NOT_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1].replace("\x7f", "\\u007f")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


def jsonable(value: object, name: str = "") -> Any:  # noqa: ANN401 -- whatever JSON can say
    """Dataclasses as objects, their times as text; lone surrogates in their visible form."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if is_dataclass(value) and not isinstance(value, type):
        made = {one: jsonable(getattr(value, one), one) for one in _names(type(value))}
        if isinstance(value, Observation):
            made |= {"kind": value.kind, "key": jsonable(value.fact.key)}
        return made
    if isinstance(value, dict):
        return {str(jsonable(key)): jsonable(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [jsonable(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and name in _TIMES:
        return iso(value)
    return value
