"""The kinds of leaf: a folder in, its leaves out, each checked against the contract of its kind."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import cast

from glasshouse.contracts import (
    Artefact,
    Check,
    Collector,
    ExposureSink,
    Fetcher,
    Judge,
    Loader,
    Source,
)
from glasshouse.errors import ConfigError, UsageError

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


__all__ = [
    "Artefact", "Check", "Collector", "ExposureSink", "Fetcher", "Judge", "Loader", "Source", "artefacts",
    "check_source", "checks", "collectors", "exposure_sinks", "fetchers", "judges", "leaf_name", "loaders",
    "source", "sources",
]  # fmt: skip
_NAMES: dict[str, tuple[str, ...]] = {
    "survey.collectors": (
        *("TITLE", "TECHNIQUE", "DATABASE", "SUBJECTS", "HOSTS", "REFERRALS", "KEY", "OPTIONAL_KEY"),
        *("PACE", "EMPTY", "LIVE", "ask", "read", "detect"),
    ),
    "report.exposures": ("TITLE", "SUFFIX", "ALL", "render"),
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


def exposure_sinks() -> dict[str, ExposureSink]:
    """All ways to write down what is public about us, by name."""
    return cast("dict[str, ExposureSink]", _modules("report.exposures"))


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
