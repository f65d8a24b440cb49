"""Folders of catalogue files in, the Catalogue out: databases and client tools by id, what to sieve for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from glasshouse import compiled
from glasshouse.catalogue_schema import ClientTool, OpenDatabase, Shape, checked
from glasshouse.errors import ConfigError

__all__ = ["Catalogue", "ClientTool", "OpenDatabase", "Shape", "load"]

HERE = Path(__file__).parent
COMPILED = HERE / "catalogue.json"


@dataclass(frozen=True)
class Catalogue:
    """All open databases and client tools, by id, in alphabetical order."""

    databases: dict[str, OpenDatabase]
    clients: dict[str, ClientTool]

    def needles(self) -> list[str]:
        """Small-letter literals of which every name or URL that can become a lookup holds at least one."""
        return sorted(shortest({needle for entry in self.databases.values() for needle in literals(entry)}))

    def tool_needles(self) -> list[str]:
        """Small-letter literals of which every run of a client tool holds at least one."""
        words: set[str] = set()
        for tool in self.clients.values():
            words.update(_chunk(name) for name in tool.processes)
            words.update(name.lower() for name in (*tool.modules, *tool.images))
        return sorted(shortest(words))

    @cached_property
    def key_names(self) -> frozenset[str]:
        """Small-letter names of query parameters and headers that carry a key in some entry."""
        places = [place for entry in self.databases.values() for place in entry.keys]
        return frozenset(place.partition(":")[2].lower() for place in places if ":" in place)


def load(extra: Sequence[Path] = ()) -> Catalogue:
    """The shipped catalogue, then the files of ``extra`` folders, which add entries or replace them by id.

    Raises ConfigError with file and line for the first entry that is not valid.
    """
    databases: dict[str, OpenDatabase] = {}
    clients: dict[str, ClientTool] = {}
    for path, careful in _files(extra):
        entry = _entry(path, careful)
        if entry.id != path.stem:
            raise ConfigError(
                f"id is {entry.id!r}, the file is {path.name!r}", f"{path}:1", "name both alike"
            )
        if isinstance(entry, OpenDatabase):
            databases[entry.id] = entry
        else:
            clients[entry.id] = entry
    for tool in clients.values():
        for name in tool.databases:
            if name not in databases:
                raise ConfigError(f"databases: no open database {name!r}", f"{tool.id}.yml:1")
    return Catalogue(dict(sorted(databases.items())), dict(sorted(clients.items())))


def _entry(path: Path, careful: bool) -> OpenDatabase | ClientTool:
    """One file, as compiled if it ships with Glasshouse and was not changed since."""
    content = _content(path)
    said = None if careful else compiled.said(_compiled(), name_of(path), content)
    if said is not None:
        return checked(said)
    from glasshouse.catalogue_file import parse

    return parse(content, str(path) if careful else path.name, careful)


def name_of(path: Path) -> str:
    """What a shipped file is called in the compiled catalogue: its folder and name."""
    return f"{path.parent.name}/{path.name}"


@cache
def _compiled() -> compiled.Compiled:
    return compiled.read(COMPILED.read_bytes()) if COMPILED.exists() else {}


def compile_shipped() -> bytes:
    """The shipped files as the document that ``load`` reads; for ``scripts/compile``."""
    from glasshouse.catalogue_file import plain

    contents = {name_of(path): _content(path) for path, _careful in _files(())}
    return compiled.document({name: (content, plain(content)) for name, content in contents.items()})


def literals(entry: OpenDatabase) -> Iterator[str]:
    """What a name or URL must hold to match this entry: one of these, in small letters."""
    if entry.needles:
        yield from entry.needles
        return
    names = (*entry.domains, *entry.hosts, *(_chunk(pattern) for pattern in entry.patterns))
    yield from names
    for shape in entry.lookups if entry.match == "path" else ():
        if not any(name in shape.at for name in names) and (host := shape_host(shape)):
            yield host


def shape_host(shape: Shape) -> str:
    """The host part of a shape; empty when it is a variable that stands for any host of the entry."""
    host = re.split(r"[/?#:]", shape.at, maxsplit=1)[0].lower()
    return "" if "{" in host else host


def shortest(words: set[str]) -> set[str]:
    """The words that hold no other word of the set."""
    kept: list[str] = []
    for word in sorted(words, key=len):
        if not any(other in word for other in kept):
            kept.append(word)
    return set(kept)


def _chunk(pattern: str) -> str:
    return max(pattern.split("*"), key=len).lstrip(".")


def _files(extra: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    for folder in (HERE / "opendbs", HERE / "clients"):
        yield from ((path, False) for path in sorted(folder.glob("*.yml")))
    for folder in extra:
        if not folder.is_dir():
            raise ConfigError("no such folder of catalogue entries", str(folder))
        paths = (path for path in folder.rglob("*") if path.suffix in (".yml", ".yaml") and path.is_file())
        yield from ((path, True) for path in sorted(paths))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(error.strerror or "cannot be read", str(path)) from None
