"""A frozen record of any kind in, one JSON text for the database out; and back, by its type hints."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import orjson

from glasshouse.safe import safe

Kind = TypeVar("Kind")
_Make = Callable[[Any], Any]
_LARGEST = 2**63 - 1


def text_of(record: Any) -> str:  # noqa: ANN401 -- any record, or a tuple of records
    """The record as one JSON text. Halves of characters become visible text; a number JSON cannot hold, null.

    ``record`` is a dataclass, or a tuple or list of them.
    """
    try:
        return orjson.dumps(record).decode()
    except TypeError:  # half a character, or a number beyond 64 bits
        plain = [asdict(one) for one in record] if isinstance(record, tuple | list) else asdict(record)
        return orjson.dumps(cleaned(plain)).decode()


def of_text(kind: type[Kind], text: str) -> Kind:
    """The record of such a text; what a later version added is left out, what it lacks takes its default."""
    made: Kind = _maker(cast("Hashable", kind))(orjson.loads(text))
    return made


def all_of_text(kind: type[Kind], text: str) -> tuple[Kind, ...]:
    """The records of a JSON array."""
    return records(kind, orjson.loads(text))


def records(kind: type[Kind], values: Iterable[object]) -> tuple[Kind, ...]:
    """The records of JSON objects."""
    make = _maker(cast("Hashable", kind))
    return tuple(make(one) for one in values)


def one_line(text: str) -> str:
    """Text of people or logs for a column: one line, nothing hidden in it."""
    return safe(text.strip())


def lines(text: str) -> str:
    """Text of people for a column: its lines kept, nothing hidden in them."""
    return "\n".join(safe(line) for line in text.strip().splitlines())


def cleaned(value: object) -> object:
    """A JSON value in which every text and number can be written: halves visible, 64 bits at most."""
    if isinstance(value, str):
        return value if value.isascii() or not any("\ud800" <= x <= "\udfff" for x in value) else safe(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_LARGEST, min(_LARGEST, value))
    if isinstance(value, dict):
        return {cleaned(key): cleaned(one) for key, one in value.items()}
    return [cleaned(one) for one in value] if isinstance(value, list | tuple) else value


def _same(value: Any) -> Any:  # noqa: ANN401 -- whatever JSON can hold
    return value


@cache
def _maker(hint: Any) -> _Make:  # noqa: ANN401 -- any type hint
    """What makes a value of a type from what JSON gave."""
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        make = _maker(inner[0])
        return tuple if make is _same else lambda value: tuple([make(one) for one in value])
    if origin in (Union, UnionType):
        make = _maker(next(one for one in inner if one is not type(None)))
        return _same if make is _same else lambda value: None if value is None else make(value)
    if hint is float:
        return lambda value: float("nan") if value is None else float(value)
    if origin is Literal or hint in (str, int, bool):
        return _same
    raise TypeError(f"no JSON form for {hint}")


def _record(kind: type) -> _Make:
    hints = get_type_hints(kind)
    makers = {one.name: _maker(hints[one.name]) for one in fields(kind)}
    needed = {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}
    plain = frozenset(name for name, make in makers.items() if make is _same)

    def make(value: Any) -> Any:  # noqa: ANN401 -- a JSON object in, the record out
        if missing := needed - value.keys():
            raise ValueError(f"{kind.__name__} without {', '.join(sorted(missing))}")
        return kind(
            **{
                name: one if name in plain else makers[name](one)
                for name, one in value.items()
                if name in makers
            }
        )

    return make
