"""The values of one catalogue file in, a checked OpenDatabase or ClientTool out, or Bad with the path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

SCOPES = ("core", "dual-use", "adjacent")
STATUSES = ("in-use", "presumed-alive", "degraded", "renamed", "defunct", "unknown")
MATCHES = ("domain", "host", "path")
PLACES = (
    "path", "query", "query-base64", "body", "body-base64", "fragment", "dns-label", "payload", "sql", "none",
)  # fmt: skip
TYPES = (
    "domain", "hostname", "ip", "cidr", "asn", "certificate", "organisation", "email", "url", "query",
    "keyword", "list",
)  # fmt: skip
KINDS = ("cli", "framework", "library", "monitor", "soc-platform")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_PATTERN = re.compile(r"(?:[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?\.)+[a-z0-9*](?:[a-z0-9*-]*[a-z0-9*])?")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEY = re.compile(r"(?:query|header):[\w.-]+|basic|bearer|path")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")

Path = tuple[str | int, ...]
Field = Callable[[object, Path], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way a target stands in a request: ``at`` is ``host/path?query`` with ``{variables}``."""

    at: str
    where: str
    types: tuple[str, ...] = ()
    field: str | None = None  # name of the body field that holds the target
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDatabase:
    """One open technical database: what it is, how a request to it is known, where target and key stand."""

    id: str
    name: str
    operator: str
    techniques: tuple[str, ...]
    scope: str
    status: str
    match: str
    confidence: str
    status_note: str = ""
    last_seen: str = ""
    domains: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ports: tuple[int, ...] = (443,)
    lookups: tuple[Shape, ...] = ()
    keys: tuple[str, ...] = ()
    needles: tuple[str, ...] = ()
    note: str = ""
    benign: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTool:
    """One program that asks open databases: how its run is known and where targets and keys stand in it."""

    id: str
    name: str
    kind: str
    language: str
    processes: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    user_agents: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    benign: bool = False
    flags: Mapping[str, str] | None = None  # option -> type of the target it takes
    commands: tuple[str, ...] = ()  # "host {ip}": words, then what stands there
    positional: tuple[str, ...] = ()  # types of the bare arguments
    options: tuple[str, ...] = ()  # options whose value is no target
    secrets: tuple[str, ...] = ()  # options whose value is a key
    observables: tuple[str, ...] = ()
    note: str = ""
    evidence: tuple[str, ...] = ()


class Bad(Exception):
    """A value that does not fit, and the way to it through keys and indices."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(reason)


def text(pattern: re.Pattern[str] | None = None, what: str = "text", limit: int = 2000) -> Field:
    """A field that holds one string, optionally of a given form."""

    def check(value: object, path: Path) -> str:
        if not isinstance(value, str):
            raise Bad(path, f"expected {what}, found {_kind(value)}")
        if len(value) > limit or _CONTROL.search(value):
            raise Bad(path, f"expected {what} of at most {limit} characters without control characters")
        if pattern is not None and not pattern.fullmatch(value):
            raise Bad(path, f"{value!r} is not {what}")
        return value

    return check


def choice(options: tuple[str, ...]) -> Field:
    """A field that holds one of a few words."""

    def check(value: object, path: Path) -> str:
        if value not in options:
            raise Bad(path, f"{value!r} is none of {', '.join(options)}")
        return str(value)

    return check


def many(item: Field, limit: int = 2000) -> Field:
    """A field that holds a list."""

    def check(value: object, path: Path) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Bad(path, f"expected a list, found {_kind(value)}")
        if len(value) > limit:
            raise Bad(path, f"more than {limit} items")
        return tuple(item(each, (*path, index)) for index, each in enumerate(value))

    return check


def mapping(item: Field) -> Field:
    """A field that holds names and values."""

    def check(value: object, path: Path) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Bad(path, f"expected names and values, found {_kind(value)}")
        return {name_field(key, path): item(each, (*path, key)) for key, each in value.items()}

    name_field = text(limit=100)
    return check


def port(value: object, path: Path) -> int:
    """A TCP or UDP port."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise Bad(path, f"{value!r} is not a port")
    return value


def flag(value: object, path: Path) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Bad(path, f"expected true or false, found {_kind(value)}")
    return value


def shape(value: object, path: Path) -> Shape:
    """One item of ``lookups``."""
    values = record(value, path, SHAPE, ("at", "in"))
    return Shape(where=values.pop("in"), **values)


SHAPE: Mapping[str, Field] = {
    "at": text(limit=500),
    "in": choice(PLACES),
    "types": many(choice(TYPES)),
    "field": text(limit=100),
    "note": text(),
}
DATABASE: Mapping[str, Field] = {
    "id": text(_ID, "an id (small letters, digits, hyphens)"),
    "name": text(limit=200),
    "operator": text(limit=200),
    "techniques": many(text(_TECHNIQUE, "an ATT&CK technique such as T1596.005")),
    "scope": choice(SCOPES),
    "status": choice(STATUSES),
    "status_note": text(),
    "last_seen": text(_DATE, "a date such as '2026-08-22'"),
    "confidence": choice(("high", "medium", "low")),
    "match": choice(MATCHES),
    "domains": many(text(_HOST, "a domain name in small letters")),
    "hosts": many(text(_HOST, "a host name in small letters")),
    "patterns": many(text(_PATTERN, "a name with * for the part that changes within a label")),
    "ignore": many(text(_HOST, "a host name in small letters")),
    "ports": many(port),
    "lookups": many(shape),
    "keys": many(text(_KEY, "a key place (query:NAME, header:NAME, basic, bearer, path)")),
    "needles": many(text(re.compile(r"[!-@\[-~]{4,}"), "at least 4 visible ASCII characters, no capitals")),
    "note": text(),
    "benign": text(),
    "evidence": many(text()),
}
CLIENT: Mapping[str, Field] = {
    "id": DATABASE["id"],
    "name": DATABASE["name"],
    "kind": choice(KINDS),
    "language": text(limit=40),
    "processes": many(text(re.compile(r"[a-z0-9_.*-]{3,}"), "a program name in small letters")),
    "modules": many(text(re.compile(r"[A-Za-z_][\w.]*"), "a Python module name")),
    "images": many(text(re.compile(r"[a-z0-9._/-]{3,}"), "a container image name")),
    "user_agents": many(text(limit=300)),
    "databases": many(DATABASE["id"]),
    "techniques": DATABASE["techniques"],
    "benign": flag,
    "flags": mapping(choice(TYPES)),
    "commands": many(text(limit=200)),
    "positional": many(choice(TYPES)),
    "options": many(text(limit=100)),
    "secrets": many(text(limit=100)),
    "observables": many(text()),
    "note": text(),
    "evidence": many(text()),
}


def record(
    value: object, path: Path, fields: Mapping[str, Field], required: tuple[str, ...]
) -> dict[str, Any]:
    """The checked values of one mapping; unknown and missing names are errors."""
    if not isinstance(value, dict):
        raise Bad(path, f"expected names and values, found {_kind(value)}")
    for name in value:
        if name not in fields:
            near = difflib.get_close_matches(str(name), fields, 1)
            raise Bad((*path, name), f"unknown field {name!r}" + (f"; {near[0]!r}?" if near else ""))
    for name in required:
        if name not in value:
            raise Bad(path, f"the field {name!r} is missing")
    return {name: fields[name](each, (*path, name)) for name, each in value.items()}


def checked(value: object) -> OpenDatabase | ClientTool:
    """What one file says, checked; raises Bad."""
    return client(value) if isinstance(value, dict) and "kind" in value else database(value)


def database(value: object) -> OpenDatabase:
    """A checked OpenDatabase; raises Bad."""
    required = ("id", "name", "operator", "techniques", "scope", "status", "match", "confidence")
    entry = OpenDatabase(**record(value, (), DATABASE, required))
    needed = {"domain": entry.domains, "host": (*entry.hosts, *entry.patterns), "path": entry.lookups}
    if not needed[entry.match] and entry.ports != (43,):
        raise Bad(("match",), f"match: {entry.match} needs {'lookups' if entry.match == 'path' else 'names'}")
    for index, each in enumerate(entry.lookups):
        if not each.at.startswith("{") and not _at_home(entry, each):
            raise Bad(("lookups", index, "at"), f"the host of {each.at!r} belongs to no name of this entry")
        if entry.needles and not any(needle in each.at.lower() for needle in entry.needles):
            raise Bad(("lookups", index, "at"), f"{each.at!r} contains none of the needles")
    return entry


def client(value: object) -> ClientTool:
    """A checked ClientTool; raises Bad."""
    return ClientTool(**record(value, (), CLIENT, ("id", "name", "kind", "language")))


def _at_home(entry: OpenDatabase, each: Shape) -> bool:
    host = re.split(r"[/?#:]", each.at, maxsplit=1)[0].lower()
    if entry.match == "path" or host in entry.hosts:
        return True
    return any(host == name or host.endswith("." + name) for name in (*entry.domains, *entry.hosts))


def _kind(value: object) -> str:
    names = {
        dict: "names and values",
        list: "a list",
        str: "text",
        bool: "true or false",
        type(None): "nothing",
    }
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
