"""The kinds of leaf: a folder in, its leaves out, each checked against the contract of its kind."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from glasshouse.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from glasshouse import observed
    from glasshouse.asking import Reply, Request, Subject
    from glasshouse.findings import Hit
    from glasshouse.known import Background, Fact
    from glasshouse.records import Event, Level, Trouble
    from glasshouse.settings import Thresholds
    from glasshouse.survey.world import World
    from glasshouse.verdicts import Containment, Episode, Field
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


class Loader(Protocol):
    """A file format of what we know: a module under know/loaders with these names.

    ``GIVES`` lists the kinds of fact it can give (keys of ``known.FACTS``).
    """

    __name__: str
    TITLE: str
    GIVES: tuple[str, ...]

    def detect(self, head: bytes, name: str) -> int:
        """How sure this is the format, 0 to 100, from the first 64 KiB and the file's name."""
        ...

    def read(self, data: bytes, name: str) -> Iterator[Fact | Trouble]:
        """The facts of one file; a bad entry becomes a Trouble, an unreadable file raises Malformed."""
        ...


class Fetcher(Protocol):
    """A server that knows something of ours: a module under know/fetch with these names.

    ``OPTIONS`` are the settings it takes, each with its help text; those in ``SECRETS`` are never shown.
    """

    __name__: str
    TITLE: str
    GIVES: tuple[str, ...]
    OPTIONS: Mapping[str, str]
    SECRETS: tuple[str, ...]

    def fetch(self, options: Mapping[str, str]) -> Iterator[Fact | Trouble]:
        """The facts of one server; raises ReadError when it cannot be asked."""
        ...


class Judge(Protocol):
    """One field of a verdict: a module under triage/fields; ``VALUES`` maps each value to its meaning."""

    __name__: str
    TITLE: str
    VALUES: Mapping[str, str]

    def judge(self, episode: Episode, background: Background, thresholds: Thresholds) -> Field:
        """The field, from what the lake and our knowledge say; never a guess where something is missing."""
        ...


class Artefact(Protocol):
    """Something to contain or hunt with, written, never carried out: a module under triage/contain.

    ``KIND`` is block, isolate or hunt; ``FILE`` is the name of the file it is written to.
    """

    __name__: str
    TITLE: str
    KIND: str
    FILE: str

    def render(self, plan: Containment) -> str:
        """The text of the file."""
        ...


class Collector(Protocol):
    """One open database that is asked about us: a module under survey/collectors, without any network.

    ``DATABASE`` is its catalogue id ("dns" for name servers, "own" for files of ours). ``SUBJECTS`` are the
    kinds of asset it is asked about; none: reference data, asked for once. ``HOSTS`` are all the hosts it may
    ask; ``REFERRALS`` says how many further hosts in a row may be asked that the reply before named.
    ``KEY`` says what the key looks like, empty when none is needed; ``OPTIONAL_KEY``: it answers without.
    ``PACE`` is the least time between two requests in seconds, ``EMPTY`` the HTTP statuses that mean "nothing
    is known", ``LIVE`` whether it asks servers of ours instead of a database of others.
    """

    __name__: str
    TITLE: str
    TECHNIQUE: str
    DATABASE: str
    SUBJECTS: tuple[str, ...]
    HOSTS: tuple[str, ...]
    REFERRALS: int
    KEY: str
    OPTIONAL_KEY: bool
    PACE: float
    EMPTY: tuple[int, ...]
    LIVE: bool

    def ask(self, subject: Subject, after: Reply | None) -> Request | None:
        """The first request about a subject, the one after a reply, or None when all is asked."""
        ...

    def read(self, subject: Subject, reply: Reply) -> Iterator[observed.Fact | Trouble]:
        """The facts of one reply. A Trouble makes it partial, Malformed failed, ReadError refused."""
        ...

    def detect(self, head: bytes, name: str) -> int:
        """How sure a saved file is such a reply, 0 to 100, from its first 64 KiB and its name."""
        ...


class Check(Protocol):
    """One exposure check: a module under survey/checks.

    ``ON`` is the kind of fact it looks at one by one, or "asset", "change" or "tie". ``LEVEL`` is how bad it
    is by itself. ``REMEDY`` is the concrete step, ``VANISHES`` what public data goes with it (empty: it
    cannot be reduced, and ``REMEDY`` says what helps instead). ``M1056``: Pre-compromise mitigation applies.
    """

    __name__: str
    TITLE: str
    TECHNIQUE: str
    ON: str
    LEVEL: Level
    REMEDY: str
    VANISHES: str
    M1056: bool

    def check(self, item: Any, world: World) -> Iterator[Hit]:  # noqa: ANN401 -- what ON says
        """What is wrong with one thing, seen beside all else; nothing when nothing is.

        ``item`` is an Observation of that kind of fact, an Asset, a Judged change or a Tie.
        """
        ...


_NAMES: dict[str, tuple[str, ...]] = {
    "survey.collectors": (
        *("TITLE", "TECHNIQUE", "DATABASE", "SUBJECTS", "HOSTS", "REFERRALS", "KEY", "OPTIONAL_KEY"),
        *("PACE", "EMPTY", "LIVE", "ask", "read", "detect"),
    ),
    "survey.checks": ("TITLE", "TECHNIQUE", "ON", "LEVEL", "REMEDY", "VANISHES", "M1056", "check"),
    "know.loaders": ("TITLE", "GIVES", "detect", "read"),
    "know.fetch": ("TITLE", "GIVES", "OPTIONS", "SECRETS", "fetch"),
    "triage.fields": ("TITLE", "VALUES", "judge"),
    "triage.contain": ("TITLE", "KIND", "FILE", "render"),
}


def loaders() -> dict[str, Loader]:
    """All file formats of what we know, by name."""
    return cast("dict[str, Loader]", _modules("know.loaders"))


def fetchers() -> dict[str, Fetcher]:
    """All kinds of server that can be asked what is ours, by name."""
    return cast("dict[str, Fetcher]", _modules("know.fetch"))


def judges() -> dict[str, Judge]:
    """All fields of a verdict, by name."""
    return cast("dict[str, Judge]", _modules("triage.fields"))


def collectors() -> dict[str, Collector]:
    """All open databases that can be asked about us, by name."""
    return cast("dict[str, Collector]", _modules("survey.collectors"))


def checks() -> dict[str, Check]:
    """All exposure checks, by name."""
    return cast("dict[str, Check]", _modules("survey.checks"))


def artefacts() -> dict[str, Artefact]:
    """All containment artefacts, by name."""
    return cast("dict[str, Artefact]", _modules("triage.contain"))


@cache
def _modules(folder: str) -> dict[str, ModuleType]:
    """The leaves of a folder by name, each checked to have what its kind needs."""
    package = importlib.import_module(f"glasshouse.{folder}")
    found: dict[str, ModuleType] = {}
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        missing = [name for name in _NAMES[folder] if not hasattr(module, name)]
        if missing:
            raise ConfigError(f"lacks {', '.join(missing)}", module.__name__, "see CONTRIBUTING")
        found[module.__name__.rpartition(".")[2].replace("_", "-")] = module
    return dict(sorted(found.items()))
