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
    CoverageSink,
    Envelope,
    ExposureSink,
    Fetcher,
    Judge,
    Loader,
    Source,
)
from glasshouse.contracts_proof import Behaviour, Form, Lint, Writer
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
    "Artefact", "Behaviour", "Check", "Collector", "CoverageSink", "Envelope", "ExposureSink", "Fetcher",
    "Form", "Judge", "Lint", "Loader", "Source", "Writer", "artefacts", "behaviours", "check_source",
    "checks", "collectors", "coverage_sinks", "envelopes", "exposure_sinks", "fetchers", "forms", "judges",
    "leaf_name", "lints", "loaders", "source", "sources", "writers",
]  # fmt: skip
_NAMES: dict[str, tuple[str, ...]] = {
    "watch.envelopes": ("TITLE", "FORMATS", "CUT", "SPELLINGS", "NEEDLES", "HEADER", "detect", "unwrap"),
    "survey.collectors": (
        *("TITLE", "TECHNIQUE", "DATABASE", "SUBJECTS", "HOSTS", "REFERRALS", "KEY", "OPTIONAL_KEY"),
        *("PACE", "EMPTY", "LIVE", "ask", "read", "detect"),
    ),
    "report.coverages": ("TITLE", "SUFFIX", "render"),
    "report.exposures": ("TITLE", "SUFFIX", "ALL", "render"),
    "survey.checks": ("TITLE", "TECHNIQUE", "ON", "LEVEL", "REMEDY", "VANISHES", "M1056", "check"),
    "know.loaders": ("TITLE", "GIVES", "detect", "read"),
    "know.fetch": ("TITLE", "GIVES", "OPTIONS", "SECRETS", "fetch"),
    "portable.lint": ("CODE", "TITLE", "LEVEL", "WHY", "STATED", "check"),
    "portable.exports": ("TITLE", "FILE", "JOIN", "LACKS", "render"),
    "triage.fields": ("TITLE", "VALUES", "judge"),
    "triage.contain": ("TITLE", "KIND", "FILE", "render"),
    "proof.behaviours": (*("TITLE", "LABEL", "WHY", "CLIENT", "SEATS", "COUNT", "WHEN", "SHOWN", "perform"),),
    "proof.writers": ("TITLE", "FILE", "KIND", "SENSOR", "TAKES", "HEADER", "line"),
}


def envelopes() -> dict[str, Envelope]:
    """All that log records may come wrapped in, by name."""
    return cast("dict[str, Envelope]", _modules("watch.envelopes"))


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


def coverage_sinks() -> dict[str, CoverageSink]:
    """All ways to write down the coverage ledger, by name."""
    return cast("dict[str, CoverageSink]", _modules("report.coverages"))


def forms() -> dict[str, Form]:
    """All languages of other platforms that rules are exported to, by name."""
    return cast("dict[str, Form]", _modules("portable.exports"))


def lints() -> dict[str, Lint]:
    """All kinds of defect in rules of other platforms, by name."""
    return cast("dict[str, Lint]", _modules("portable.lint"))


def artefacts() -> dict[str, Artefact]:
    """All containment artefacts, by name."""
    return cast("dict[str, Artefact]", _modules("triage.contain"))


def behaviours() -> dict[str, Behaviour]:
    """All described behaviours of a labelled corpus, by name."""
    return cast("dict[str, Behaviour]", _modules("proof.behaviours"))


def writers() -> dict[str, Writer]:
    """All log file formats a corpus is written in, by name."""
    return cast("dict[str, Writer]", _modules("proof.writers"))


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
