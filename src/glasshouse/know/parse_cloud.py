"""Toolbox of cloud inventories: a resource as a cloud describes it in, its assets out, by a table of paths.

A table names, for each type of resource, which attributes hold what: ``("address", "ipConfig[].natIP")``.
Only these attributes are read, so that passwords and keys of a state file never come along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from glasshouse import parse
from glasshouse.know import parse_assets
from glasshouse.know.parse_assets import About, Unfit
from glasshouse.known import Asset
from glasshouse.records import TargetType, Trouble

# domain, certificate: as they are. name: a host name, or a domain when it begins with ``*.``. address: an
# address or network that can be met on the internet. record: the value of a DNS record, where it is an
# address. url: the host of a URL.
Holds = Literal["domain", "name", "address", "record", "url", "certificate"]
Paths = tuple[tuple[Holds, str], ...]
Table = Mapping[str, Paths]
_STRICT = ("domain", "address", "certificate")
_TAGS = ("tags", "Tags", "TagList", "labels", "tags_all", "userLabels")
_OWNER = ("owner", "team", "owned by", "service owner", "contact")
_ENVIRONMENT = ("environment", "env", "stage")
_CRITICALITY = ("criticality", "business criticality", "importance")
_ESCAPED_STAR = re.compile(r"^(?:\\052|\\\\052|@)(?=\.)")


class Resource(NamedTuple):
    """One resource: its type as the table has it, its attributes, and its name for people."""

    type: str
    attributes: Mapping[str, object]
    name: str


def assets(
    table: Table, resource: Resource, file: str, about: About | None = None
) -> Iterator[Asset | Trouble]:
    """The assets of one resource; an attribute that is not what the table says becomes a Trouble."""
    of = about or tagged(resource.attributes)
    origin = f"{file}: {resource.name}"
    for holds, path in table.get(resource.type, ()):
        for said in texts(resource.attributes, path):
            try:
                found = _asset(holds, said, of, origin)
            except Unfit as problem:
                yield Trouble(origin, None, f"{path} is {problem}", problem.next_step)
            else:
                if found is not None:
                    yield found


def texts(value: object, path: str) -> Iterator[str]:
    """The texts at a path such as ``a.b[].c``; what is missing, empty or no text is left out."""
    key, _, rest = path.partition(".") if path else ("", "", "")
    if not key:
        yield from _leaves(value)
        return
    inner = _get(value, key.removesuffix("[]"))
    if not key.endswith("[]"):
        yield from texts(inner, rest)
    elif isinstance(inner, list):
        for one in inner:
            yield from texts(one, rest)


def tagged(attributes: Mapping[str, object]) -> About:
    """Owner, environment and criticality from the tags or labels of a resource."""
    said: dict[str, str] = {}
    for name in _TAGS:
        tags = attributes.get(name)
        pairs = tags.items() if isinstance(tags, dict) else _pairs(tags)
        said.update({parse_assets.plain(key): word for key, word in pairs if isinstance(word, str)})

    def first(names: tuple[str, ...]) -> str:
        return next((said[name] for name in names if said.get(name)), "")

    return parse_assets.about(first(_OWNER), first(_ENVIRONMENT), first(_CRITICALITY))


def once(found: Iterator[Asset | Trouble]) -> Iterator[Asset | Trouble]:
    """Each asset of a file once: the same address stands at a machine, its interface and its allocation."""
    seen: set[tuple[str, str, About]] = set()
    for one in found:
        if isinstance(one, Asset):
            key = (one.type, one.value, About(one.owner, one.environment, one.criticality))
            if key in seen:
                continue
            seen.add(key)
        yield one


def columns(data: bytes, file: str, holds: Mapping[str, Holds], kept: str = "") -> Iterator[Asset | Trouble]:
    """The assets of a CSV that a cloud's console writes, by column; a column may hold several values.

    ``kept`` names a column whose value must not say private, internal or terminated.
    """
    for line, row in parse.rows(data):
        plain = {parse_assets.plain(column): cell for column, cell in row.items()}
        if re.search(r"(?i)private|internal|terminated", plain.get(kept, "")):
            continue
        attributes: dict[str, object] = {"tags": {**plain, **_tag_columns(plain)}}
        of = tagged(attributes)
        for column, kind in holds.items():
            for said in filter(None, re.split(r"[\s,;|]+", plain.get(column, ""))):
                if said.lower() in ("-", "–", "n/a", "none", "null"):
                    continue
                try:
                    found = _asset(kind, said, of, f"{file}:{line}")
                except Unfit as problem:
                    yield Trouble(file, line, f"{column} is {problem}", problem.next_step)
                else:
                    if found is not None:
                        yield found


def header(head: bytes) -> set[str]:
    """The plain column names of a CSV."""
    line = next((line for line in parse.text(head[:8192]).splitlines() if line.strip()), "")
    return {parse_assets.plain(cell.strip().strip('"')) for cell in re.split(r"[,;\t|]", line)}


def is_json(head: bytes) -> bool:
    """Whether a file begins as JSON does."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _asset(holds: Holds, said: str, of: About, origin: str) -> Asset | None:
    said = said.strip()
    if holds in ("address", "record"):
        kind: TargetType = "cidr" if "/" in said else "ip"
        if holds == "record" and parse.address(said) is None:
            return None
        found = parse_assets.asset(kind, said, of, origin)
        return found if parse_assets.public(found.value) else None
    if holds in ("name", "url"):
        return _name(_host(said) if holds == "url" else _ESCAPED_STAR.sub("*", said), of, origin)
    if not said:
        return None
    return parse_assets.asset("certificate" if holds == "certificate" else "domain", said, of, origin)


def _name(said: str, of: About, origin: str) -> Asset | None:
    if said.startswith("_") or "." not in said.strip("."):  # _dmarc, _acme-challenge: nobody's host
        return None
    if parse.address(said):
        return _asset("address", said, of, origin)
    try:
        return parse_assets.asset("hostname", said, of, origin)
    except Unfit:
        if said.startswith("*."):  # *.azurewebsites.net: a name that everybody shares
            return None
        raise


def _host(url: str) -> str:
    rest = url.partition("://")[2] or url
    return re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]


def _get(value: object, key: str) -> object:
    if not key:
        return value
    if not isinstance(value, dict):
        return None
    if key in value:
        return value[key]
    low = key.lower()  # az writes ipAddress, exports of the portal and templates IPAddress
    return next(
        (inner for name, inner in value.items() if isinstance(name, str) and name.lower() == low), None
    )


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.strip():
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str) and one.strip())


def _pairs(tags: object) -> list[tuple[str, object]]:
    """AWS writes tags as a list of Key and Value."""
    said = [one for one in tags if isinstance(one, dict)] if isinstance(tags, list) else []
    pairs = [(_get(one, "Key"), _get(one, "Value")) for one in said]
    return [(key, value) for key, value in pairs if isinstance(key, str)]


def _tag_columns(plain: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix("tag "): cell for key, cell in plain.items() if key.startswith("tag ")}
