"""The kinds of leaf: a folder in, its leaves out, each checked against the contract of its kind."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from glasshouse.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from glasshouse.records import Event
    from glasshouse.watch.parse import Layout


class Source(Protocol):
    """A log format: a module under watch/sources with these names.

    ``CUT`` says where records end: lines, csv (quoted newlines), xml (</Event>), json (lines, arrays or
    pretty-printed documents) or evtx. ``NEEDLES`` are byte patterns (Hyperscan syntax, case-insensitive) a
    record may hold instead of a catalogue name: header lines, port 43. ``SPELLINGS`` names other ways the
    format writes names: json, backslash-x, xml, labels, hex. ``LINKED``: records complete each other by
    ``Event.link``. ``SEES`` lists the kinds of event it can show; ``BLIND`` says what it cannot.
    """

    __name__: str
    TITLE: str
    FORMATS: tuple[str, ...]
    CUT: str
    NEEDLES: tuple[bytes, ...]
    SPELLINGS: tuple[str, ...]
    LINKED: bool
    SEES: tuple[str, ...]
    BLIND: tuple[str, ...]

    def detect(self, head: bytes) -> int:
        """How sure this is the format, 0 to 100, from the first 64 KiB."""
        ...

    def read(self, record: bytes, layout: Layout) -> Iterator[Event]:
        """The Events of one record; raises Malformed with a reason."""
        ...


_SOURCE_NAMES = (
    "TITLE",
    "FORMATS",
    "CUT",
    "NEEDLES",
    "SPELLINGS",
    "LINKED",
    "SEES",
    "BLIND",
    "detect",
    "read",
)
CUTS = ("lines", "csv", "xml", "json", "evtx")


def leaf_name(module: ModuleType | Source) -> str:
    """The name users type: the module's last part, underscores as dashes."""
    return module.__name__.rpartition(".")[2].replace("_", "-")


@cache
def sources() -> dict[str, Source]:
    """All log formats by name, in alphabetical order."""
    package = importlib.import_module("glasshouse.watch.sources")
    found: dict[str, Source] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if not info.name.startswith("_"):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            check_source(module)
            found[leaf_name(module)] = cast("Source", module)
    return dict(sorted(found.items()))


def check_source(module: ModuleType) -> None:
    """Raise ConfigError naming what a source module lacks."""
    missing = [name for name in _SOURCE_NAMES if not hasattr(module, name)]
    if missing:
        raise ConfigError(f"lacks {', '.join(missing)}", module.__name__, "see CONTRIBUTING, a log source")
    if module.CUT not in CUTS:
        raise ConfigError(f"CUT is {module.CUT!r}, not one of {', '.join(CUTS)}", module.__name__)


def source(name: str) -> Source:
    """One log format by name; raises UsageError that lists the known ones."""
    known = sources()
    if name not in known:
        raise UsageError(f"no log source named {name!r}", next_step=f"one of: {', '.join(known)}")
    return known[name]
