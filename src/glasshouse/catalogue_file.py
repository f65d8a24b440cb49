"""One catalogue file as text in, an OpenDatabase or ClientTool out, or a ConfigError with file and line."""

from __future__ import annotations

import re

import yaml

from glasshouse.catalogue_schema import Bad, ClientTool, OpenDatabase, Path, checked
from glasshouse.errors import ConfigError

MAX_BYTES = 256 * 1024
MAX_ALIASES = 20
_ALIAS = re.compile(rb"(?:^|[\s,\[{])\*[\w-]+")


def parse(content: bytes, where: str, careful: bool = False) -> OpenDatabase | ClientTool:
    """Read one file's content; ``careful`` also finds fields written twice. Raises ConfigError."""
    _check_size(content, where)
    try:
        if careful:
            _refuse_twice(yaml.compose(content, yaml.SafeLoader), where)
        return checked(plain(content))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise ConfigError(str(problem), f"{where}:{mark.line + 1 if mark else 1}") from None
    except Bad as bad:
        line = _line(yaml.compose(content, yaml.SafeLoader), bad.path)
        name = ".".join(str(step) for step in bad.path) or "file"
        raise ConfigError(f"{name}: {bad.reason}", f"{where}:{line}", "glasshouse opendbs check") from None


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def plain(content: bytes) -> object:
    """What a file says, not yet checked."""
    said: object = yaml.load(content, _LOADER)  # noqa: S506 -- a safe loader either way
    return said


def _check_size(content: bytes, where: str) -> None:
    if len(content) > MAX_BYTES:
        raise ConfigError(f"more than {MAX_BYTES // 1024} kB", f"{where}:1")
    if len(_ALIAS.findall(content)) > MAX_ALIASES:
        raise ConfigError(f"more than {MAX_ALIASES} YAML aliases", f"{where}:1", "write the values out")


def _refuse_twice(node: yaml.Node | None, where: str) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[object] = set()
        for key, value in node.value:
            if key.value in seen:
                raise ConfigError(
                    f"the field {key.value!r} is written twice", f"{where}:{key.start_mark.line + 1}"
                )
            seen.add(key.value if isinstance(key.value, str) else id(key))
            _refuse_twice(value, where)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_twice(value, where)


def _line(node: yaml.Node | None, path: Path) -> int:
    line = node.start_mark.line if node else 0
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(step)]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
            continue
        else:
            break
        line = node.start_mark.line if node else line
    return line + 1
