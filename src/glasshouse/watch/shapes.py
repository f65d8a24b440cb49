"""A lookup shape of the catalogue and a URL in, the raw values out that stand where its target stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, unquote_plus

from glasshouse.catalogue import Shape, shape_host
from glasshouse.watch.clean import Url
from glasshouse.watch.values import typed

MOST = 200
# Variables of a shape that stand for something else than a target.
_NOT_TARGETS = frozenset(
    """
    key page category start end n m endpoint field index tool type level fingerprint log base host
    server registry data
    """.split()  # noqa: SIM905 -- a table of words reads better
)
_VARIABLE = re.compile(r"\{([a-z0-9_-]+)\}")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A shape ready for use."""

    shape: Shape
    host: str  # empty: any host of the entry, after any leading path
    segments: tuple[re.Pattern[str], ...]
    parameters: tuple[str, ...]  # names of parameters that hold the target
    key_segment: bool
    weight: int


@lru_cache(maxsize=4096)
def compiled(shape: Shape) -> Compiled:
    """The shape, compiled once."""
    before, _, query = shape.at.replace("#", "?", 1).partition("?")
    _, _, path = before.partition("/")
    parts = [part for part in path.split("/") if part]
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    wanted = tuple(name.lower() for name, _, value in pairs if _target_variable(value))
    constant = sum(1 for _, _, value in pairs if value and not _VARIABLE.search(value))
    literal = sum(len(_VARIABLE.sub("", part)) for part in parts)
    return Compiled(
        shape,
        shape_host(shape),
        tuple(_segment(unquote(part)) for part in parts),
        wanted,
        "{key}" in path,
        literal * 10 + len(parts) + constant + 5 * len(wanted),
    )


def _target_variable(text: str) -> bool:
    return any(name not in _NOT_TARGETS for name in _VARIABLE.findall(text))


def _segment(text: str) -> re.Pattern[str]:
    pieces: list[str] = []
    count = 0
    for index, piece in enumerate(_VARIABLE.split(text)):
        if index % 2 == 0:
            pieces.append(re.escape(piece).replace(r"\*", "[^/]*"))
        elif piece == "key":
            pieces.append("(?P<key>.+)")
        elif piece in _NOT_TARGETS:
            pieces.append(".+")
        else:
            pieces.append(f"(?P<t{count}>.+)")
            count += 1
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


def path_values(form: Compiled, url: Url) -> list[str] | None:
    """The values in the path, or None when the path is another one; the typed ones must be of their type."""
    parts = [unquote(part) for part in url.path.split("/")[:MOST] if part]
    starts = range(len(parts) - len(form.segments) + 1) if not form.host else (0,)
    for start in starts:
        if len(parts) - start < len(form.segments):
            return None
        values = _values(form, parts[start:])
        if values is not None:
            return values
    return None


def _values(form: Compiled, parts: list[str]) -> list[str] | None:
    values: list[str] = []
    for index, segment in enumerate(form.segments):
        match = segment.fullmatch(parts[index])
        if match is None:
            return None
        for name, value in match.groupdict().items():
            if name != "key" and form.shape.where == "path":
                after = parts[index + 1] if index + 1 == len(form.segments) < len(parts) else ""
                values.append(f"{value}/{after}" if _is_length(value, after) else value)
    if form.shape.where == "path" and not all(_fits(value, form.shape) for value in values):
        return None
    return values


def _is_length(value: str, after: str) -> bool:
    return after.isdecimal() and len(after) <= 3 and typed(value, ("ip",)) is not None


def _fits(value: str, shape: Shape) -> bool:
    types = (*shape.types, "cidr") if "ip" in shape.types else shape.types
    return "query" in types or typed(value, types) is not None


def path_key(form: Compiled, url: Url) -> str | None:
    """The key that stands in the path, for shapes that have one."""
    parts = [unquote(part) for part in url.path.split("/")[:MOST] if part]
    if not form.key_segment or len(parts) < len(form.segments):
        return None
    for segment, part in zip(form.segments, parts, strict=False):
        match = segment.fullmatch(part)
        if match is None:
            return None
        if "key" in match.groupdict():
            return match["key"]
    return None


def parameters(query: str) -> list[tuple[str, str]]:
    """Names in small letters and decoded values of a query string or form body."""
    pairs = (pair.partition("=") for pair in re.split("[&;]", query)[:MOST] if pair)
    return [(unquote_plus(name).lower(), unquote_plus(value)) for name, _, value in pairs]
