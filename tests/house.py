"""A package folder in, its modules with their syntax trees, imports and leaves out; the laws read these."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LEAF_MODULES = {
    "watch.sources": "sources",
    "watch.envelopes": "envelopes",
    "report.sinks": "sinks",
    "report.senders": "senders",
    "know.loaders": "loaders",
    "know.fetch": "fetchers",
    "triage.fields": "fields",
    "triage.contain": "artefacts",
    "survey.collectors": "collectors",
    "survey.checks": "checks",
    "report.exposures": "exposures",
    "report.coverages": "coverages",
    "proof.behaviours": "behaviours",
    "portable.exports": "exports",
    "portable.lint": "lints",
}
LEAF_FILES = {"watch/rules": "rules", "opendbs": "opendbs", "clients": "clients"}
LEAF_FILES["triage/playbooks"] = "playbooks"
LEAF_FILES["scenarios"] = "scenarios"


@dataclass(frozen=True)
class Room:
    """One module: its path below the package, its dotted name below the package, its tree."""

    path: str
    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree, walked once for all laws."""
        return list(ast.walk(self.tree))

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]

    @property
    def folder(self) -> str:
        return self.name.rpartition(".")[0]

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    @property
    def is_leaf(self) -> bool:
        return self.folder in LEAF_MODULES and not self.is_package and not self.stem.startswith("_")


@dataclass(frozen=True)
class House:
    """A package folder and its folder of examples."""

    package: Path
    examples: Path

    @cached_property
    def rooms(self) -> dict[str, Room]:
        found = {}
        for file in sorted(self.package.rglob("*.py")):
            path = file.relative_to(self.package).as_posix()
            name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            found[name] = Room(path, name, file.read_text(encoding="utf-8"))
        return found

    @cached_property
    def used(self) -> dict[str, set[tuple[str, str]]]:
        """Of each room, which names others import from it: the importer's wing and the name."""
        found: dict[str, set[tuple[str, str]]] = {}
        for other in self.rooms.values():
            for node in other.nodes:
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("glasshouse."):
                    names = found.setdefault((node.module or "").removeprefix("glasshouse."), set())
                    names |= {(other.top, alias.name) for alias in node.names}
        return found

    def imports(self, room: Room) -> Iterator[tuple[str, int]]:
        """Modules of the house that a room imports, below the package, with the line."""
        for node in room.nodes:
            for name in imported(node, room):
                if name == "glasshouse" or name.startswith("glasshouse."):
                    yield self._module(name.removeprefix("glasshouse").lstrip(".")), node.lineno

    def leaves(self) -> dict[str, set[str]]:
        """Names of the leaves by kind."""
        found = {
            kind: {room.stem for room in self.rooms.values() if room.is_leaf and room.folder == folder}
            for folder, kind in LEAF_MODULES.items()
        }
        for folder, kind in LEAF_FILES.items():
            found[kind] = {file.stem for file in (self.package / folder).glob("*.yml")}
        return found

    def _module(self, name: str) -> str:
        while name and name not in self.rooms:
            name = name.rpartition(".")[0]
        return name or "__init__"


def imported(node: ast.AST, room: Room) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = node.module or ""
        if node.level:
            parts = ["glasshouse", *room.name.split(".")]
            parts = parts[: len(parts) - node.level + room.is_package]
            start = ".".join([*parts, start]).rstrip(".")
        return [f"{start}.{alias.name}" for alias in node.names]
    return []
