"""An alert and the catalogue in; a containment plan, and its artefacts in a folder out; nothing is run."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glasshouse import config
from glasshouse.catalogue import OpenDatabase, load, shape_host
from glasshouse.config import Options
from glasshouse.errors import GlasshouseError, ReadError, UsageError
from glasshouse.flow_privacy import cover
from glasshouse.flow_unmask import granted
from glasshouse.lake import alerts, facts, state
from glasshouse.lake import store as lake_store
from glasshouse.lake.parquet import Query
from glasshouse.leaf import Artefact, artefacts
from glasshouse.office import audit, kept, store
from glasshouse.office.cases import name_of
from glasshouse.report.masks import Cover
from glasshouse.report.write import check_target, write
from glasshouse.verdicts import Containment, Triaged

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Written:
    """One artefact that was written: its name, what it is for, and where it stands."""

    name: str
    artefact: Artefact
    file: Path


def contain(
    options: Options, said: str, folder: Path | None, only: Sequence[str], force: bool, who: str, now: int
) -> tuple[Containment, list[Written]]:
    """Write the artefacts for one alert into a folder of its own, whole, and tell the audit trail."""
    chosen = _chosen(only)
    home = config.home(options.home)
    with store.opened(options.settings, home, make=False) as office:
        with office.reading() as conn:
            one = kept.get(conn, said)
            case = name_of(one.case) if one.case is not None else None
            spared = granted(conn, options, case, who, now) if case else frozenset()
        made = _as_shown(plan(options, one.triaged, case, now), cover(options, spared))
        where = folder or Path(f"containment-{one.id}")
        files = {leaf.FILE: leaf.render(made) for leaf in chosen.values()}
        with office.transaction() as conn:
            sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
            details: audit.Details = {"case": case, "files": sums}
            audit.append(conn, act="contain", subject=one.id, actor=who, now=now, details=details)
            _write(where, files, force)
    return made, [Written(name, leaf, where / leaf.FILE) for name, leaf in chosen.items()]


def _as_shown(made: Containment, names: Cover) -> Containment:
    """A plan with tokens in the place of names, unless somebody may see them; and that it is so."""
    shown = names.shown(made)
    if not names.issued:
        return shown
    see = f"glasshouse unmask request TOKEN --case {made.case or 'C-...'} --reason ..."
    note = f"Tokens stand for people, machines and addresses. {see}; when it is approved, write this anew."
    return replace(shown, note=note)


def _chosen(only: Sequence[str]) -> dict[str, Artefact]:
    known = artefacts()
    for name in only:
        if name not in known:
            raise UsageError(f"no artefact named {name!r}", "--only", f"one of: {', '.join(known)}")
    return {name: leaf for name, leaf in known.items() if not only or name in only}


def _write(folder: Path, files: dict[str, str], force: bool) -> None:
    """All files or, when one of them stands there already, none."""
    if folder.exists() and not folder.is_dir():
        raise UsageError("is not a folder", str(folder), "choose another name")
    for name in files:
        check_target(folder / name, force=force)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in files.items():
            write(text, folder / name, force=force)
            os.chmod(folder / name, 0o600)  # noqa: PTH101 -- names people
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be written", str(folder), "check the folder") from None


def plan(options: Options, judged: Triaged, case: str | None, now: int) -> Containment:
    """What would have to be blocked or isolated for one alert.

    Of a database only the names that were asked for and those its lookups go to are named: of those that
    also serve other things, and of what is only next to T1596, as shared.
    """
    alert = judged.alert
    asked = _asked(options, judged)
    names, exact, shared = set[str](), set[str](), set[str]()
    known = load(options.opendbs).databases
    for name in alert.databases:
        entry = known.get(name)
        if entry is None:
            continue
        hosts = set(_own_hosts(entry)) | asked.get(name, set())
        if entry.scope != "core" or entry.match == "path":
            shared |= hosts
        elif entry.match == "host":
            exact |= hosts
        else:
            names |= hosts - set(entry.ignore)
    return Containment(
        alert=alert, episode=judged.episode, names=tuple(sorted(names)), exact=tuple(sorted(exact)),
        shared=tuple(sorted(shared)), made=now, case=case,
        lake=str((config.home(options.home) / "lake").absolute()),
    )  # fmt: skip


def _own_hosts(entry: OpenDatabase) -> Iterable[str]:
    """The hosts that the lookups of an entry go to; those it lists where none of its shapes names one."""
    found = [host for shape in entry.lookups if _HOST.fullmatch(host := shape_host(shape))]
    if found or entry.match == "host":
        return found
    return entry.domains or entry.hosts


def _asked(options: Options, judged: Triaged) -> dict[str, set[str]]:
    """By database, the names that the lookups of an alert asked for; none when the lake is not here."""
    found: dict[str, set[str]] = {}
    first, last = judged.alert.first_seen, judged.alert.last_seen
    try:
        with lake_store.opened(config.home(options.home)) as lake:
            actor = alerts.one(lake, judged.alert.id).actor
            nodes = list(state.nodes_of(lake.db, actor, first, last))
            rows = facts.load(lake, Query(since=first, until=last + 1, nodes=nodes))
    except GlasshouseError:
        return found
    for row in rows:
        if row.lookup.database and row.lookup.name:
            found.setdefault(row.lookup.database, set()).add(row.lookup.name)
    return found
