"""Plans in, plain JSON values out, and back: what ships is not parsed by pySigma in every run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from glasshouse.watch.detect import plan

Plain = Any  # a JSON value
Part = Any  # a plan, a part of one, or a value in it
_KINDS: Mapping[str, Any] = {
    kind.__name__: kind
    for kind in (
        plan.Test, plan.All, plan.Any, plan.Not, plan.Refers, plan.Limit, plan.Correlation, plan.Rule,
    )
}  # fmt: skip
_NAMES = {name: tuple(field.name for field in fields(kind)) for name, kind in _KINDS.items()}


def plain(part: Part) -> Plain:
    """A part of a plan as a list that begins with its kind, or with "" when it is a tuple."""
    if isinstance(part, tuple):
        return ["", *map(plain, part)]
    if type(part).__name__ not in _KINDS:
        return part
    kind = type(part).__name__
    return [kind, *(plain(getattr(part, name)) for name in _NAMES[kind])]


def planned(value: Plain) -> Part:
    """The part of a plan that ``plain`` made this value of."""
    if not isinstance(value, list):
        return value
    parts = tuple(map(planned, value[1:]))
    return _KINDS[value[0]](**dict(zip(_NAMES[value[0]], parts, strict=True))) if value[0] else parts
