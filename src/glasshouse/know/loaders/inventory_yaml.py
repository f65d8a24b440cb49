"""A YAML file of what we own in, assets out, each with its line: what people keep by hand.

Top-level keys name the kinds; entries are plain values or mappings, ``defaults`` holds for all of them::

    defaults: {owner: platform, environment: production}
    domains:
      - example.com
      - {value: example.org, owner: marketing, criticality: high}
    networks: [192.0.2.0/24, "2001:db8::/32"]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_assets
from glasshouse.known import Fact
from glasshouse.records import TargetType, Trouble

TITLE = "Inventory, YAML"
GIVES = ("assets",)
LARGEST, ALIASES, DEPTH = 32 << 20, 20, 8
_KEYS: dict[str, TargetType] = {
    "domains": "domain",
    "hostnames": "hostname",
    "networks": "cidr",
    "addresses": "ip",
    "asns": "asn",
    "organisations": "organisation",
    "organizations": "organisation",
    "certificates": "certificate",
    "emails": "email",
}
_SHOWN = ", ".join(key for key in _KEYS if key != "organizations")
_SAYS = ("owner", "environment", "criticality")
_HEAD = re.compile(rf"^(?:{'|'.join(_KEYS)})[ \t]*:", re.MULTILINE)


def detect(head: bytes, name: str) -> int:
    """Sure when a line begins with one of the kinds; less so when the file is not called YAML."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"<") or not _HEAD.search(parse.text(head)):
        return 0
    return 80 if name.lower().endswith((".yml", ".yaml")) else 45


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One asset an entry. Raises Malformed for what is not YAML, too large, too deep or full of aliases."""
    if len(data) > LARGEST:
        raise Malformed("larger than 32 MiB: use CSV, or several files")
    text = parse.text(data)
    try:
        _bound(text)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise Malformed(f"not YAML: line {mark.line + 1}" if mark else "not YAML") from None
    except ValueError:
        raise Malformed("not YAML") from None
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise Malformed(f"no keys: an inventory has {_SHOWN}")
    troubles: list[Trouble] = []
    about = _defaults(root, name, troubles)
    yield from troubles
    for key, value in root.value:
        if key.value in _KEYS:
            yield from _section(_KEYS[key.value], value, about, name)
        elif key.value != "defaults":
            yield parse.trouble(name, _line(key), "key not known", f"one of: defaults, {_SHOWN}")


def _bound(text: str) -> None:
    """Refuse depth and aliases on the event stream, before anything is built."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > DEPTH:
            raise Malformed(f"nested deeper than {DEPTH}")
        if aliases > ALIASES:
            raise Malformed(f"more than {ALIASES} YAML aliases")


def _defaults(root: yaml.MappingNode, name: str, troubles: list[Trouble]) -> parse_assets.About:
    about = parse_assets.NOTHING
    for key, value in root.value:
        if key.value == "defaults":
            about = _about(_mapping(value, name, _SAYS, troubles), about)
    return about


def _section(
    kind: TargetType, node: yaml.Node, defaults: parse_assets.About, name: str
) -> Iterator[Fact | Trouble]:
    for entry in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        if isinstance(entry, yaml.ScalarNode):
            if entry.value or entry is not node:  # a key may stand there without entries
                yield parse_assets.entry(kind, entry.value, defaults, name, _line(entry))
            continue
        troubles: list[Trouble] = []
        said = _mapping(entry, name, ("value", *_SAYS), troubles)
        yield from troubles
        if said.get("value"):
            yield parse_assets.entry(kind, said["value"], _about(said, defaults), name, _line(entry))
        elif not troubles:
            yield parse.trouble(name, _line(entry), "no value", "write value: … in the entry")


def _mapping(node: yaml.Node, name: str, keys: tuple[str, ...], troubles: list[Trouble]) -> dict[str, str]:
    """The texts of a mapping by key; what is no text, or has an unknown key, is told."""
    if not isinstance(node, yaml.MappingNode):
        troubles.append(parse.trouble(name, _line(node), "not a value or a mapping", f"of {', '.join(keys)}"))
        return {}
    said: dict[str, str] = {}
    for key, value in node.value:
        if key.value not in keys or not isinstance(value, yaml.ScalarNode):
            troubles.append(parse.trouble(name, _line(key), "key not known", f"one of: {', '.join(keys)}"))
            continue
        if key.value == "criticality" and parse_assets.critical(value.value) is None:
            troubles.append(
                parse.trouble(name, _line(key), "criticality not known", "low, medium, high or critical")
            )
        said[key.value] = value.value
    return said


def _about(said: dict[str, str], defaults: parse_assets.About) -> parse_assets.About:
    own = parse_assets.about(*(said.get(key, "") for key in _SAYS))
    return parse_assets.About(
        own.owner or defaults.owner,
        own.environment or defaults.environment,
        own.criticality or defaults.criticality,
    )


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
