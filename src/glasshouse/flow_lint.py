"""Rule files in KQL, SPL, AQL or Sigma in; their defects out, as records and as text, JSON or SARIF."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glasshouse.catalogue import Catalogue, load
from glasshouse.errors import ConfigError, GlasshouseError, ReadError
from glasshouse.leaf import lints
from glasshouse.portable.rule_facts import Facts
from glasshouse.portable.rule_model import Rule
from glasshouse.portable.rule_read import read
from glasshouse.portable.rule_tokens import MOST

LEVELS = ("note", "warning", "error")
ENDINGS = (".kql", ".kusto", ".csl", ".spl", ".aql", ".yml", ".yaml")
STDIN = "-"
STANDARD_INPUT = "standard input"


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of one rule file. ``stated``: the rule itself says so, which makes it a limit, no defect."""

    code: str
    level: str
    file: str
    line: int
    column: int
    what: str
    why: str
    instead: str
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Linted:
    """What came of some files: defects in their order, files read, rules in them, files that are no rules."""

    defects: tuple[Defect, ...]
    files: tuple[str, ...]
    rules: int
    troubles: tuple[GlasshouseError, ...] = ()


def lint(paths: Sequence[str], opendbs: Sequence[Path] = ()) -> Linted:
    """The defects of rule files and of the rules in folders; ``-`` is standard input.

    A file that is no rule (ConfigError) or cannot be read (ReadError) is a trouble; the others are judged.
    """
    catalogue = load(opendbs)
    defects: list[Defect] = []
    troubles: list[GlasshouseError] = []
    names: list[str] = []
    count = 0
    for name in [each for path in paths for each in _listed(path)]:
        try:
            rules = read(_content(name), STANDARD_INPUT if name == STDIN else name)
            found = [one for rule in rules for one in defects_of(rule, catalogue)]
        except GlasshouseError as problem:
            troubles.append(problem)
            continue
        defects += found
        names.append(STANDARD_INPUT if name == STDIN else name)
        count += len(rules)
    return Linted(tuple(defects), tuple(names), count, tuple(troubles))


def defects_of(rule: Rule, catalogue: Catalogue) -> list[Defect]:
    """What is wrong with one rule, from top to bottom."""
    facts = Facts(rule, catalogue)
    found: list[Defect] = []
    for kind in lints().values():
        stated = bool(kind.STATED) and bool(re.search(kind.STATED, rule.said, re.IGNORECASE))
        found += [
            Defect(
                kind.CODE,
                one.level or kind.LEVEL,
                rule.name,
                one.place.line,
                one.place.column,
                one.what,
                one.why,
                one.instead,
                stated,
            )
            for one in kind.check(rule, facts)
        ]
    return sorted(found, key=lambda one: (one.line, one.column, one.code))


def _listed(path: str) -> list[str]:
    """The file itself, or the rule files of a folder in order; raises ConfigError for one without any."""
    if path == STDIN or not Path(path).is_dir():
        return [path]
    inside = sorted(
        each for each in Path(path).rglob("*") if each.suffix.lower() in ENDINGS and each.is_file()
    )
    if not inside:
        raise ConfigError("no rule file in this folder", path, f"they end with {', '.join(ENDINGS)}")
    return [str(each) for each in inside]


def _content(name: str) -> str:
    if name == STDIN:
        return _decoded(sys.stdin.buffer.read(MOST + 1), STANDARD_INPUT)
    try:
        with Path(name).open("rb") as file:
            content = file.read(MOST + 1)
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be read", name, "check the name") from None
    return _decoded(content, name)


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MOST:
        raise ConfigError(f"more than {MOST // 1024} kB", name, "lint one rule at a time")
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as problem:
        raise ConfigError(f"no UTF-8 at byte {problem.start}", name, "save it as UTF-8 text") from None
