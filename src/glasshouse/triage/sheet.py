"""The bytes of one YAML file of triage in, its places out: every value is text, every mistake has its line.

Playbooks and tables may be a user's own, so size, depth and number of values are bounded before anything is
built, and aliases are refused. No value is converted: ``yes`` stays the word *yes*, ``T1596`` stays a text.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import yaml

from glasshouse.errors import ConfigError

MAX_BYTES = 256 * 1024
MAX_VALUES = 5_000
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One value in a file; ``key`` is the way to it: ``rows[3].when.intel``."""

    node: yaml.Node
    file: str
    key: str = ""


def opened(data: bytes, file: str) -> Place:
    """The outermost value of a file; raises ConfigError when it is too big, too deep or not YAML."""
    if len(data) > MAX_BYTES:
        raise ConfigError(f"larger than {MAX_BYTES // 1024} kB", file)
    try:
        text = data.decode("utf-8")
        _bound(text, file)
        node = yaml.compose(text, Loader=yaml.CBaseLoader)
    except UnicodeDecodeError as error:
        raise ConfigError(f"not UTF-8 at byte {error.start}", file) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "unreadable"
        raise ConfigError(f"not valid YAML: {problem}", f"{file}:{line}") from None
    except ValueError:  # a character no text may hold
        raise ConfigError("not valid YAML: a character is not allowed", file) from None
    if node is None:
        raise ConfigError("the file is empty", file)
    return Place(node, file)


def _bound(text: str, file: str) -> None:
    depth = values = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        where = f"{file}:{event.start_mark.line + 1 if event.start_mark else 1}"
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError("a YAML alias", where, "write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        values += isinstance(event, yaml.ScalarEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"nested deeper than {MAX_DEPTH}", where)
        if values > MAX_VALUES:
            raise ConfigError(f"more than {MAX_VALUES} values", where)


def wrong(place: Place, what: str, next_step: str = "") -> ConfigError:
    """The error for one place: file, line, key and what is wrong with it."""
    said = f"{place.key}: {what}" if place.key else what
    return ConfigError(said, f"{place.file}:{place.node.start_mark.line + 1}", next_step)


def parts(place: Place, required: Collection[str] = (), optional: Collection[str] = ()) -> dict[str, Place]:
    """The values of a mapping by key; no key but ``required`` and ``optional`` ones, if any are given."""
    if not isinstance(place.node, yaml.MappingNode):
        raise wrong(place, "must be a mapping (key: value)")
    found: dict[str, Place] = {}
    known = [*required, *optional]
    for key_node, value in place.node.value:
        here = Place(key_node, place.file, place.key)
        name = text(here)
        if name in found:
            raise wrong(here, f"{name!r} stands here twice")
        if known and name not in known:
            raise wrong(here, f"no key named {name!r}", f"one of: {', '.join(known)}")
        found[name] = Place(value, place.file, f"{place.key}.{name}" if place.key else name)
    for name in required:
        if name not in found:
            raise wrong(place, f"lacks {name!r}", f"keys: {', '.join(known)}")
    return found


def items(place: Place) -> list[Place]:
    """The values of a list; raises ConfigError when it is none, or empty."""
    if not isinstance(place.node, yaml.SequenceNode) or not place.node.value:
        raise wrong(place, "must be a list with at least one value")
    return [Place(node, place.file, f"{place.key}[{n}]") for n, node in enumerate(place.node.value)]


def text(place: Place, allowed: Collection[str] = ()) -> str:
    """One text, of those ``allowed`` when any are named; runs of white space become one blank."""
    if not isinstance(place.node, yaml.ScalarNode) or not str(place.node.value).strip():
        raise wrong(place, "must be a text")
    said = " ".join(str(place.node.value).split())
    if allowed and said not in allowed:
        raise wrong(place, f"{said!r} is not allowed", f"one of: {', '.join(allowed)}")
    return said


def texts(place: Place, allowed: Collection[str] = ()) -> tuple[str, ...]:
    """A list of texts, each once."""
    found: dict[str, Place] = {}
    for item in items(place):
        said = text(item, allowed)
        if said in found:
            raise wrong(item, f"{said!r} stands here twice")
        found[said] = item
    return tuple(found)
