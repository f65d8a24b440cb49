"""What to export and in which language in; the files of that platform, from catalogue and rules, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glasshouse import __version__
from glasshouse.catalogue import Catalogue, OpenDatabase, load
from glasshouse.catalogue_schema import SCOPES
from glasshouse.errors import ReadError, UsageError
from glasshouse.flow_export_rules import databases, sayings
from glasshouse.leaf import forms
from glasshouse.portable.hosts import merged
from glasshouse.portable.pack import Database, File, Pack, Saying
from glasshouse.report.write import check_target, write
from glasshouse.watch.detect import load_rules

LICENCE = "Apache-2.0"
GONE = "defunct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export: scopes, techniques (all when empty), rules by name (all when empty), own folders."""

    scopes: tuple[str, ...] = ("core",)
    techniques: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    rule_folders: tuple[Path, ...] = ()
    opendbs: tuple[Path, ...] = ()


def export(form: str, wanted: Wanted) -> tuple[File, ...]:
    """The files of one platform; raises UsageError for what is not there."""
    known = forms()
    if form not in known:
        raise UsageError(f"no form named {form!r}", next_step=f"one of: {', '.join(known)}")
    return known[form].render(pack(wanted))


def joined(form: str, files: Sequence[File]) -> str:
    """All files of one platform as one text."""
    return forms()[form].JOIN.join(file.text for file in files)


def save(form: str, files: Sequence[File], target: Path, folder: bool, force: bool) -> list[Path]:
    """Write the files into a folder, or all into one file; none where one of them stands already."""
    if not folder:
        write(joined(form, files), target, force=force)
        return [target]
    for file in files:
        check_target(target / file.name, force=force)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be made", str(target), "check the folder") from None
    for file in files:
        write(file.text, target / file.name, force=force)
    return [target / file.name for file in files]


def pack(wanted: Wanted) -> Pack:
    """Everything there is to say, of the databases and rules that are wanted."""
    catalogue = load(wanted.opendbs)
    _check(wanted)
    chosen = [entry for entry in catalogue.databases.values() if _chosen(entry, wanted)]
    kept = [entry for entry in chosen if entry.status != GONE]
    if not kept:
        raise UsageError("no open database is left", next_step="choose another --scope or --technique")
    told = databases(kept, catalogue)
    said, unsaid = _rules(wanted, catalogue, kept, told)
    techniques = {name for entry in kept for name in entry.techniques if name.startswith("T1596")}
    return Pack(
        version=__version__,
        dated=max((entry.last_seen for entry in catalogue.databases.values()), default="") or "unknown date",
        licence=LICENCE,
        scopes=wanted.scopes,
        databases=told,
        hosts=merged(each.hosts for each in told),
        sayings=tuple(said),
        techniques=wanted.techniques or tuple(sorted(techniques)),
        unsaid=tuple(unsaid),
        left_out=tuple((entry.name, _gone(entry)) for entry in chosen if entry.status == GONE),
    )


def _check(wanted: Wanted) -> None:
    for scope in wanted.scopes:
        if scope not in SCOPES:
            raise UsageError(f"no scope named {scope!r}", "--scope", f"one of: {', '.join(SCOPES)}")


def _chosen(entry: OpenDatabase, wanted: Wanted) -> bool:
    return entry.scope in wanted.scopes and (
        not wanted.techniques or any(_is(one, wanted.techniques) for one in entry.techniques)
    )


def _is(technique: str, asked: Sequence[str]) -> bool:
    return any(technique == one or technique.startswith(one + ".") for one in asked)


def _gone(entry: OpenDatabase) -> str:
    return f"{entry.status}. {entry.status_note}".strip()


def _rules(
    wanted: Wanted, catalogue: Catalogue, kept: Sequence[OpenDatabase], told: Sequence[Database]
) -> tuple[list[Saying], list[tuple[str, str]]]:
    rules = load_rules(wanted.rule_folders)
    names: dict[str, str] = {}
    for name in wanted.rules:
        rule = rules.get(name)
        if rule is None:
            raise UsageError(f"no rule named {name!r}", "--rule", "see `glasshouse rules list`")
        names[rule.key] = rule.title
    said, unsaid = sayings(rules, catalogue, kept, told)
    said = [one for one in said if not wanted.techniques or _about(one, wanted.techniques)]
    if not names:
        return said, unsaid
    said = [one for one in said if any(one.name == key or one.name.startswith(key + "_") for key in names)]
    unsaid = [pair for pair in unsaid if pair[0] in names.values()]
    if not said:
        why = (
            "; ".join(f"{title}: {reason}" for title, reason in unsaid) or "it counts none of these databases"
        )
        raise UsageError("no other platform can say this rule", "--rule", why)
    return said, unsaid


def _about(saying: Saying, techniques: Sequence[str]) -> bool:
    return any(
        _is(one, techniques) or any(_is(asked, (one,)) for asked in techniques) for one in saying.techniques
    )
