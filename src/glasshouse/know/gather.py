"""Paths of what we know, and what servers said, in; every fact out, with what could not be read."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse.errors import GlasshouseError, Malformed
from glasshouse.know.loaders import facts_jsonl
from glasshouse.known import FACTS, Fact
from glasshouse.leaf import Loader, fetchers, loaders
from glasshouse.records import Trouble
from glasshouse.settings import Know, Server

HEAD = 65_536
LARGEST = 256 << 20  # bytes of one file
SURE = 40
NO_FILE = "no such file"


@dataclass(slots=True)
class Gathered:
    """Every fact, from which origins, and what troubled."""

    by_origin: dict[str, list[Fact]] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)  # file or server: fingerprint of what it said
    oldest: dict[str, int] = field(default_factory=dict)  # file: time of its last change, microseconds
    troubles: list[Trouble] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)  # kinds of fact of which something is missing

    @property
    def facts(self) -> list[Fact]:
        """All of them, in the order of the files."""
        return [fact for facts in self.by_origin.values() for fact in facts]

    def take(self, origin: str, said: Iterator[Fact | Trouble]) -> None:
        """Sort facts from troubles; what was taken before something goes wrong stays."""
        facts = self.by_origin.setdefault(origin, [])
        for one in said:
            if isinstance(one, Trouble):
                self.troubles.append(one)
            else:
                facts.append(one)


def gather(know: Know) -> Gathered:
    """All that the settings name; nothing that is missing or unreadable stops the others."""
    found = Gathered()
    for path in files(know.paths, found.troubles):
        _file(path, found)
    if any(one.reason == NO_FILE for one in found.troubles):
        found.incomplete.update(FACTS)
    for server in know.fetch:
        path = answers(know, server)
        if path.exists():
            _file(path, found)
        else:
            found.troubles.append(Trouble(where(server), None, "never asked", "glasshouse know fetch"))
            found.incomplete.update(fetchers()[server.kind].GIVES if server.kind in fetchers() else FACTS)
    return found


def answers(know: Know, server: Server) -> Path:
    """The file in which the answers of a server are kept."""
    said = repr((server.kind, sorted(server.options.items())))
    return Path(know.kept) / f"{server.kind}-{hashlib.sha256(said.encode()).hexdigest()[:12]}.jsonl"


def where(server: Server) -> str:
    """A server in words, without anything secret."""
    place = server.options.get("url") or server.options.get("server") or ""
    return f"{server.kind} {place}".strip()


def files(paths: Sequence[str], troubles: list[Trouble]) -> list[Path]:
    """The files that paths, folders and globs name, in order; hidden files of folders are left out."""
    out: dict[Path, None] = {}
    for said in paths:
        path = _home(said)
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
        else:
            inside = [one for one in ([path] if path.exists() else _matching(str(path))) if one.is_file()]
        if not inside:
            troubles.append(Trouble(said, None, NO_FILE, "mend know.paths in the settings"))
        out.update(dict.fromkeys(inside))
    return list(out)


def _home(said: str) -> Path:
    try:
        return Path(said).expanduser()
    except RuntimeError:  # no such user
        return Path(said)


def _matching(pattern: str) -> list[Path]:
    return [Path(one) for one in sorted(glob.glob(pattern))]  # noqa: PTH207 -- absolute patterns, too


def _file(path: Path, found: Gathered) -> None:
    """Read one file; what cannot be read is told, and no kind of fact it may hold counts as complete."""

    def missing(reason: str, step: str, kinds: Iterable[str] = FACTS) -> None:
        found.troubles.append(Trouble(str(path), None, reason, step))
        found.incomplete.update(kinds)

    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
        found.oldest[str(path)] = round(path.stat().st_mtime * 1_000_000)
    except OSError as problem:
        return missing(problem.strerror or "cannot be read", "check your rights")
    found.origins[str(path)] = hashlib.sha256(data).hexdigest()
    if len(data) > LARGEST:
        return missing("larger than 256 MiB", "split it")
    if not data.strip():
        return missing("it is empty", "export it anew, or remove it")
    chosen = recognised(data[:HEAD], path.name)
    if chosen is None:
        return missing("format not recognised", "docs/reference/knowledge.md lists the formats")
    try:
        found.take(str(path), chosen.read(data, path.name))
    except Malformed as problem:
        return missing(str(problem), "export it anew", chosen.GIVES)
    except Exception as problem:  # noqa: BLE001 -- what no loader thought of costs one file, not the run
        return missing(f"cannot be read ({type(problem).__name__})", "export it anew", chosen.GIVES)


def recognised(head: bytes, name: str) -> Loader | None:
    """The loader that is surest of a file, if any is sure enough."""
    sure = {leaf: one.detect(head, name) for leaf, one in loaders().items()}
    best = max(sorted(sure), key=lambda leaf: sure[leaf])
    return loaders()[best] if sure[best] >= SURE else None


def ask(server: Server) -> Gathered:
    """What one server says now; what cannot be asked or read becomes a trouble."""
    known, found = fetchers(), Gathered()
    if server.kind not in known:
        step = f"one of: {', '.join(known)}"
        found.troubles.append(Trouble(where(server), None, f"no kind of server named {server.kind!r}", step))
        return found
    try:
        found.take(where(server), known[server.kind].fetch(server.options))
    except GlasshouseError as problem:
        found.troubles.append(Trouble(where(server), None, problem.what, problem.next_step))
    return found


def keep(know: Know, server: Server, facts: Sequence[Fact]) -> Path:
    """Keep the answers of a server in place of those before, whole or not at all."""
    path = answers(know, server)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.writelines(map(facts_jsonl.line, facts))
    draft.replace(path)
    return path
