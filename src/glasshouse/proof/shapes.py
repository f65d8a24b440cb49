"""The catalogue in; where to ask an open database about a target, and which one a name gives away, out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote

from glasshouse.catalogue import Catalogue, OpenDatabase, Shape, load, shape_host

_VARIABLE = re.compile(r"\{([\w-]+)\}")
_FILLED = {  # variables that are no target
    "key": "NOTAREALKEY0000000000000000000000", "token": "NOTAREALKEY0000000000000000000000", "page": "1",
    "start": "0", "n": "100", "end": "255", "index": "CC-MAIN-2026-04", "registry": "dns", "id": "1",
    "lei": "0", "endpoint": "domain", "type": "domain", "field": "name",
}  # fmt: skip
_NAMED = {  # variables to the kinds of target that may stand there
    "domain": ("domain", "hostname"), "ip": ("ip",), "asn": ("asn",), "cidr": ("cidr",),
    "query": ("expression",), "org": ("organisation",), "keyword": ("organisation", "domain"),
    "value": ("ip", "domain", "hostname"), "certificate": ("certificate",), "url": ("domain", "hostname"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes; ``shows`` whether its URL tells the target."""

    host: str
    port: int
    path: str
    method: str
    shows: bool


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    return load()


@cache
def place(database: str, kind: str, value: str, key: str = "", host: str = "", spare: str = "") -> Place:
    """Where to ask one open database about a target of a kind; ``host`` picks among those it has.

    ``key`` goes where the catalogue says keys stand in a URL; ``spare`` only where a URL cannot do without.
    """
    entry = catalogue().databases[database]
    shape = _shape(entry, kind, host)
    if shape is None:
        return Place(host or (entry.hosts or entry.domains)[0], 443, "/", "GET", False)
    name, slash, rest = shape.at.partition("/")
    shown = shape.where in ("path", "query", "query-base64", "fragment")
    path = _VARIABLE.sub(lambda found: _fill(found[1], value, key or spare), slash + rest)
    path = path.partition("#")[0] or "/"
    asks = next((one.partition(":")[2] for one in entry.keys if one.startswith("query:")), "")
    if key and asks and key not in path:
        path += f"{'&' if '?' in path else '?'}{asks}={key}"
    method = "POST" if shape.where.startswith("body") else "GET"
    asked = (entry.hosts or entry.domains)[0] if "{" in name else name
    return Place(asked.partition(":")[0], 443, path, method, shown)


def _shape(entry: OpenDatabase, kind: str, host: str) -> Shape | None:
    """The first way to ask that has room for such a target; one where the URL tells it goes before."""
    web = [shape for shape in entry.lookups if ":" not in shape.at.partition("/")[0]]
    here = [shape for shape in web if not host or shape_host(shape) == host]
    fits = [shape for shape in here if _room(shape, kind)]
    return next(iter(fits or here), None)


def _room(shape: Shape, kind: str) -> bool:
    names = _VARIABLE.findall(shape.at)
    return any(kind in _NAMED.get(name, ()) for name in names)


def _fill(name: str, value: str, key: str) -> str:
    if name in _NAMED:
        return quote(value, safe=".:-")
    return (key or _FILLED["key"]) if name in ("key", "token") else _FILLED.get(name, "1")


def by_name(host: str) -> str:
    """The open database that a name alone gives away, or nothing."""
    for found in _candidates(host):
        plain = [entry for entry in found if entry.match != "path"]
        if found:
            return plain[0].id if plain else ""
    return ""


@cache
def _candidates(host: str) -> tuple[list[OpenDatabase], ...]:
    entries = list(catalogue().databases.values())
    labels = host.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels))]
    for entry in entries:
        if any(name in entry.ignore for name in above):
            return ()
    exact = [entry for entry in entries if host in entry.hosts or _fits(entry, host)]
    return (exact, *([entry for entry in entries if name in entry.domains] for name in above))


def _fits(entry: OpenDatabase, host: str) -> bool:
    forms = (re.escape(pattern).replace(r"\*", "[^.]+") for pattern in entry.patterns)
    return any(re.fullmatch(form, host) for form in forms)


@cache
def is_tool(image: str) -> bool:
    """Whether a program's own name is that of a client tool."""
    name = image.rpartition("/")[2].lower()
    return any(name == one for tool in catalogue().clients.values() for one in tool.processes)


def techniques(databases: tuple[str, ...]) -> tuple[str, ...]:
    """The sub-techniques of some databases, each once, in order."""
    known = catalogue().databases
    return tuple(sorted({each for one in databases if one in known for each in known[one].techniques}))
