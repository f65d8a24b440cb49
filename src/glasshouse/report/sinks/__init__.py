"""A sink's name in, the sink out: every module of this folder is one output format, found by being there."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Protocol, cast, runtime_checkable

from glasshouse.errors import UsageError
from glasshouse.records import Lookup, Report


class Sink(Protocol):
    """What every sink module offers: its name on the command line, a title, a file suffix, and ``render``."""

    NAME: str
    TITLE: str
    SUFFIX: str

    def render(self, report: Report) -> str:
        """Return the whole report as text that ends with a line end."""
        ...


@runtime_checkable
class LookupSink(Protocol):
    """What a sink offers besides when it can print lookups while they are found."""

    def lookups(self, lookups: Iterable[Lookup]) -> Iterator[str]:
        """Yield text piece by piece, each a whole number of lines with its line end."""
        ...


def names() -> tuple[str, ...]:
    """Return the names of all sinks, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def sink(name: str) -> Sink:
    """Return the sink called ``name``; UsageError, with the nearest name, when there is none."""
    known = names()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of: {', '.join(known)}"
        raise UsageError(f"no output format {name!r}; known: {', '.join(known)}", "-f", hint)
    return cast(Sink, import_module(f"{__name__}.{name}"))


def lookup_sink(name: str) -> LookupSink:
    """Return the sink called ``name`` if it can print lookups; UsageError otherwise."""
    found = sink(name)
    if isinstance(found, LookupSink):
        return found
    able = [other for other in names() if isinstance(sink(other), LookupSink)]
    raise UsageError(f"format {name} cannot print lookups", "-f", f"use one of: {', '.join(able)}")
