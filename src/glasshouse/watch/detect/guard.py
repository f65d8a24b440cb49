"""A rule file's bytes in, its YAML documents with line numbers out; oversized or tricky files are refused.

Rules are untrusted: size, aliases, depth and the number of values after alias expansion are bounded on the
YAML event stream and node tree before anything is built from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from glasshouse.errors import ConfigError
from glasshouse.watch.detect.plan import MAX_BYTES

MAX_ALIASES = 20
MAX_VALUES = 5_000
MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a rule file: its mapping, and the lines of the document and its keys."""

    data: dict[str, Any]
    file: str
    line: int
    key_lines: dict[str, int]

    def where(self, key: str = "") -> str:
        """``file:line`` of a top-level key, else of the document."""
        return f"{self.file}:{self.key_lines.get(key, self.line)}"


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which a key given twice is an error instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, "a key is not text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def documents(data: bytes, file: str) -> list[Document]:
    """The documents of one rule file; ConfigError with ``file:line`` when too big, too deep or not YAML."""
    if len(data) > MAX_BYTES:
        raise ConfigError(f"rule file is larger than {MAX_BYTES // 1024} kB", file)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 at byte {error.start}", file) from error
    try:
        _bound(text, file)
        return list(_build(text, file))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(
            f"not valid YAML: {getattr(error, 'problem', None) or error}", f"{file}:{line}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not valid YAML: {error}", file) from error


def _bound(text: str, file: str) -> None:
    depth = aliases = values = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        elif isinstance(event, yaml.ScalarEvent):
            values += 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"nested deeper than {MAX_DEPTH}", f"{file}:{line}")
        if aliases > MAX_ALIASES:
            raise ConfigError(f"more than {MAX_ALIASES} YAML aliases", f"{file}:{line}")
        if values > MAX_VALUES:
            raise ConfigError(f"more than {MAX_VALUES} values", f"{file}:{line}")


def _build(text: str, file: str) -> Iterator[Document]:
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            line = node.start_mark.line + 1
            if not isinstance(node, yaml.MappingNode):
                raise ConfigError("a rule must be a mapping", f"{file}:{line}")
            if _expanded(node, file, {}, 0) > MAX_VALUES:
                raise ConfigError(
                    f"more than {MAX_VALUES} values once aliases are expanded", f"{file}:{line}"
                )
            keys = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
            data = loader.construct_document(node)
            yield Document(data, file, line, keys)
    finally:
        loader.dispose()


def _expanded(node: yaml.Node, file: str, known: dict[int, int], depth: int) -> int:
    if depth > MAX_DEPTH:
        raise ConfigError(
            "an alias contains itself, or nesting is too deep", f"{file}:{node.start_mark.line + 1}"
        )
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        parts = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        known[id(node)] = 1 + sum(_expanded(part, file, known, depth + 1) for part in parts)
    return known[id(node)]
