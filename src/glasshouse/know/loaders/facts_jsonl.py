"""Facts as Glasshouse itself writes them, one JSON object a line, in; the same facts out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from glasshouse import parse
from glasshouse.known import FACTS, Fact
from glasshouse.records import Trouble

TITLE = "Facts, JSON lines"
GIVES = tuple(FACTS)
_KINDS = {kind.__name__: kind for kind in FACTS.values()}


def detect(head: bytes, name: str) -> int:
    """Sure when the first line is one of ours."""
    return 95 if head.lstrip().startswith(b'{"fact":"') else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One fact a line; a line that is none is told and left out."""
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _fact(orjson.loads(line))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            yield parse.trouble(name, number, "not a fact", "fetch it anew: glasshouse know fetch")


def _fact(said: Mapping[str, Any]) -> Fact:
    kind = _KINDS[said["fact"]]
    hints = get_type_hints(kind)
    values = {}
    for one in fields(kind):
        if one.name in said:
            values[one.name] = _checked(hints[one.name], said[one.name])
    made: Fact = kind(**values)
    return made


def _checked(hint: Any, value: Any) -> Any:  # noqa: ANN401 -- any field of any fact
    """The value, if it is of the field's type; TypeError otherwise."""
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise TypeError
        return tuple(value)
    plain = [one for one in get_args(hint) or (hint,) if isinstance(one, type)]
    words = [one for part in (get_args(hint) or ()) for one in get_args(part)] or [
        one for one in get_args(hint) if isinstance(one, str)
    ]
    if value is None and type(None) in plain:
        return None
    if words and value in words:
        return value
    if any(type(value) is one for one in plain):
        return value
    raise TypeError


def line(fact: Fact) -> bytes:
    """A fact as one line, without what is not said."""
    said = {one.name: (getattr(fact, one.name), one.default) for one in fields(fact)}
    kept = {name: value for name, (value, default) in said.items() if value != default}
    return orjson.dumps({"fact": type(fact).__name__, **kept}, option=orjson.OPT_APPEND_NEWLINE)
