"""The text of a rule file in, its rules out, whichever of the four languages it is written in."""

from __future__ import annotations

import re

from glasshouse.errors import ConfigError
from glasshouse.portable import rule_aql, rule_kql, rule_sigma, rule_spl
from glasshouse.portable.rule_model import Rule

_ENDINGS = {
    "kql": "kql", "kusto": "kql", "csl": "kql", "spl": "spl", "aql": "aql", "yml": "sigma", "yaml": "sigma",
}  # fmt: skip
_SIGNS = (
    ("sigma", re.compile(r"^(detection|correlation|query|logsource):", re.MULTILINE)),
    ("aql", re.compile(r"\bselect\b[^|]{1,2000}?\bfrom\s+(events|flows)\b", re.IGNORECASE)),
    (
        "spl",
        re.compile(r"\|\s*(tstats|stats|eval|table|rex|timechart|tstats|dedup)\b|\b(index|sourcetype)\s*="),
    ),
    (
        "kql",
        re.compile(r"\|\s*(where|summarize|extend|project|union|take)\b|^\s*let\s+\w+\s*=", re.MULTILINE),
    ),
)
FEW = 3


def read(text: str, name: str) -> list[Rule]:
    """The rules of one file; raises ConfigError when it is no rule of a language we read."""
    language = _ENDINGS.get(name.rpartition(".")[2].lower(), "") or _guess(text)
    if len(text.strip()) < FEW:
        raise ConfigError("there is nothing in it", name)
    try:
        found = _read(text, name, language)
    except ConfigError as problem:
        where = f"{name}: {problem.where}" if problem.where else name
        raise ConfigError(problem.what, where, problem.next_step) from None
    if not any(one.trees or one.tables or one.counts_others for one in found):
        raise ConfigError(f"nothing in it reads as {language}", name, "write KQL, SPL, AQL or Sigma")
    return found


def _read(text: str, name: str, language: str) -> list[Rule]:
    if language == "sigma":
        return rule_sigma.read(text, name)
    if language == "spl":
        return [rule_spl.read(text, name)]
    if language == "aql":
        return [rule_aql.read(text, name)]
    if language == "kql":
        return [rule_kql.read(text, name)]
    raise ConfigError(
        "not known as KQL, SPL, AQL or Sigma", next_step="name it .kql, .spl, .aql or .yml, whichever it is"
    )


def _guess(text: str) -> str:
    head = text[:50_000]
    return next((language for language, sign in _SIGNS if sign.search(head)), "")
