"""A YAML file of who may look up what in, entries of the use register out, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_uses
from glasshouse.known import Fact, Use
from glasshouse.records import Trouble

TITLE = "Use register, YAML"
GIVES = ("uses",)
LARGEST = 16 << 20  # bytes
DEPTH = 16
ALIASES = 256
_USES = re.compile(r"^(?:---\s*)?[\"']?uses[\"']?\s*:", re.MULTILINE)
_SAYS = re.compile(r"\b(?:valid_until|approved_by|databases)\b")


def detect(head: bytes, name: str) -> int:
    """Sure when a list ``uses:`` stands at the top and entries speak of validity."""
    text = parse.text(head)
    return 0 if not _USES.search(text) else 90 if _SAYS.search(text) else 60


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One entry per item of ``uses``. A bad or repeated entry is left out; raises Malformed for no YAML."""
    seen: set[str] = set()
    for node in _entries(data):
        line = node.start_mark.line + 1
        said, problems = _mapping(node)
        found = problems or parse_uses.use(said, f"{name}:{line}")
        if isinstance(found, Use) and found.id in seen:
            found = ("its id is taken by an entry above",)
        if isinstance(found, Use):
            seen.add(found.id)
            yield found
        else:
            yield parse_uses.told(name, line, said, found)


def _entries(data: bytes) -> list[yaml.Node]:
    if len(data) > LARGEST:
        raise Malformed("a use register larger than 16 MiB")
    text = parse.text(data)
    try:
        _bound(text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        at = f" at line {mark.line + 1}" if mark else ""
        raise Malformed(f"not YAML{at}: {getattr(problem, 'problem', None) or 'unreadable'}") from None
    if not isinstance(root, yaml.MappingNode):
        raise Malformed("no list uses: at the top")
    found = [value for key, value in root.value if key.value == "uses"]
    if len(found) != 1 or not isinstance(found[0], yaml.SequenceNode):
        raise Malformed("one list uses: stands at the top")
    return list(found[0].value)


def _bound(text: str) -> None:
    """Refuse depth and aliases before anything is built of them."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > DEPTH or aliases > ALIASES:
            raise Malformed(f"deeper than {DEPTH} or more than {ALIASES} aliases")


def _mapping(node: yaml.Node) -> tuple[dict[str, object], tuple[str, ...]]:
    """Keys and values of an entry as texts, lists of texts and, below ``who``, one more mapping."""
    if not isinstance(node, yaml.MappingNode):
        return {}, ("it is not a mapping",)
    said: dict[str, object] = {}
    problems: list[str] = []
    for key, value in node.value:
        word = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        if word in said:
            problems.append(f"{word} is said twice")
        if isinstance(value, yaml.MappingNode) and word == "who":
            said[word], wrong = _mapping(value)
            problems += wrong
        else:
            said[word] = _value(value)
    return said, tuple(problems)


def _value(node: yaml.Node) -> object:
    """A text as it is written, so that ``no`` and ``2026-12-31`` stay what a person wrote."""
    if isinstance(node, yaml.ScalarNode):
        empty = not node.style and node.value in ("", "~", "null")
        return None if empty else str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one) if isinstance(one, yaml.ScalarNode) else {} for one in node.value]
    return {}
