"""Lookups in; out a table of the fields that rules may use, column by column, in time order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from operator import attrgetter, floordiv
from typing import Any

from glasshouse.records import Lookup, Target
from glasshouse.watch import actors, toolsets

Value = str | int | float | bool | tuple[str, ...] | None
Coded = tuple[tuple[Any, ...], bytes]

FAMILIES = {
    "T1596.001": "pdns",
    "T1596.002": "whois",
    "T1596.003": "ct",
    "T1596.004": "cdn",
    "T1596.005": "scan",
}
MINUTE = 60 * 1_000_000
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
KNOWN_BEFORE = 7 * DAY  # how much earlier data is needed before "first time" may be said

_SERVER = re.compile(
    r"^(srv|server|dc|db|sql|web|www|app|mail|mx|ns|dns|proxy|file|fs|exch|backup|jump|bastion)[-_]?\d*([-_.]|$)"
    r"|[-_](srv|dc|db|web|app|sql)([-_]?\d|[-_.]|$)|^[a-z]+srv\d*([-.]|$)"
)
_SERVICE = re.compile(
    r"^(svc|srv|service|sa|app|bot|task|batch|cron)[-_.]|[-_](svc|service|bot)$"
    r"|^(system|network service|local service|localsystem|www-data|apache|nginx|nobody|daemon|root|bin"
    r"|postgres|mysql|redis|tomcat|jenkins|gitlab-runner|systemd-.*|_.*)$"
)
_API_NAME = re.compile(r"(^|[.-])(api[a-z0-9]*|internetdb|rdap|whois|ctl|stream|v\d)([.-]|$)")


def account_kind(user: str | None) -> str:
    """``machine``, ``service``, ``user`` or ``unknown`` from the account name alone."""
    name = actors.account(user)
    if name is None:
        return "unknown"
    if name.endswith("$"):
        return "machine"
    return "service" if _SERVICE.search(name) else "user"


def is_server(host: str | None) -> bool | None:
    """True when the host name is written like a server's; None says nothing."""
    return True if host and _SERVER.search(host.lower()) else None


def _about_us(targets: Sequence[Target]) -> bool | None:
    if len(targets) == 1:
        return targets[0].about_us
    about = {t.about_us for t in targets}
    if True in about:
        return True
    return False if about == {False} else None


def _requests(x: Lookup) -> int:
    """The estimate; but an unknown program at a site made for browsers counts only what is certain.

    A single page view sends as many bytes as dozens of API calls.
    """
    if x.requests.estimate == x.requests.min or x.client.kind in ("script", "tool"):
        return x.requests.estimate
    if x.client.kind == "unknown" and x.name and _API_NAME.search(x.name):
        return x.requests.estimate
    return x.requests.estimate if x.client.kind == "unknown" and not x.name else x.requests.min


def _family(techniques: tuple[str, ...]) -> str:
    return FAMILIES.get(techniques[0], "other") if techniques else "other"


def _values(targets: Sequence[Target]) -> tuple[str, ...]:
    if len(targets) == 1:
        return (targets[0].value.lower(),)
    return tuple(dict.fromkeys([t.value.lower() for t in targets]))


def _types(targets: Sequence[Target]) -> tuple[str, ...]:
    if len(targets) == 1:
        return (targets[0].type,)
    return tuple(dict.fromkeys([t.type for t in targets]))


def _keys(targets: Sequence[Target]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([f"{t.type}:{t.value.lower()}" for t in targets]))


_SIMPLE: Mapping[str, Callable[[Lookup], Any]] = {
    "time": attrgetter("time"),
    "source": attrgetter("source"),
    "via": attrgetter("via"),
    "view": attrgetter("view"),
    "user": attrgetter("actor.user"),
    "host": attrgetter("actor.host"),
    "ip": attrgetter("actor.ip"),
    "process": attrgetter("actor.process"),
    "database": attrgetter("database"),
    "scope": attrgetter("scope"),
    "technique": attrgetter("techniques"),
    "name": attrgetter("name"),
    "target": lambda x: _values(x.targets),
    "target_type": lambda x: _types(x.targets),
    "target_key": lambda x: _keys(x.targets),
    "about_us": lambda x: _about_us(x.targets),
    "client_kind": attrgetter("client.kind"),
    "client_name": attrgetter("client.name"),
    "tool": lambda x: x.client.name if x.client.kind == "tool" else None,
    "key_fingerprint": attrgetter("key_fingerprint"),
    "requests": _requests,
    "requests_estimate": attrgetter("requests.estimate"),
    "requests_min": attrgetter("requests.min"),
    "bytes_out": attrgetter("bytes_out"),
    "bytes_in": attrgetter("bytes_in"),
    "duration_seconds": lambda x: None if x.duration is None else x.duration / 1_000_000,
    "proxied": attrgetter("proxied"),
}
# Fields that follow from another one: worked out once for each of its distinct values.
_FOLLOWING: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "account": ("user", actors.account),
    "account_kind": ("user", account_kind),
    "server": ("host", is_server),
    "family": ("technique", _family),
    "own_targets": ("own_target", len),
}
_UNITS: Mapping[str, int] = {"minute": MINUTE, "hour": HOUR, "day": DAY}
LIST_FIELDS = frozenset({"technique", "target", "target_type", "target_key", "own_target"})
_OF_TOOL = ("provider_tool", "provider_confidence", "provider_alternative")
FIELDS = frozenset({*_SIMPLE, *_FOLLOWING, *_UNITS, *_OF_TOOL, "actor", "first_seen", "own_target"})


class Rows:
    """The lookups of one run in time order, with their rule fields as lazily made columns of equal length."""

    def __init__(self, lookups: Iterable[Lookup], sets: Mapping[str, frozenset[str]] | None = None) -> None:
        self.lookups: list[Lookup] = sorted(lookups, key=_order)
        self._sets = toolsets.shipped() if sets is None else sets
        self._columns: dict[str, list[Any]] = {}
        self._coded: dict[str, Coded | None] = {}

    def __len__(self) -> int:
        return len(self.lookups)

    def column(self, field: str) -> list[Any]:
        """All values of one field; KeyError when rows have no such field."""
        if field not in self._columns:
            if field in _SIMPLE:
                self._columns[field] = list(map(_SIMPLE[field], self.lookups))
            elif field in _FOLLOWING:
                self._columns[field] = self._following(*_FOLLOWING[field])
            elif field in _UNITS:
                self._columns[field] = list(map(floordiv, self.column("time"), repeat(_UNITS[field])))
            elif field in _WHOLE:
                self._columns[field] = _WHOLE[field](self)
            else:
                self._columns.update(_provider_columns(self))
        return self._columns[field]

    def _following(self, field: str, read: Callable[[Any], Any]) -> list[Any]:
        column = self.column(field)
        known = {value: read(value) for value in set(column)}
        return list(map(known.__getitem__, column))

    def coded(self, field: str) -> Coded | None:
        """A column as its distinct values and, per row, the number of one; None when they exceed a byte."""
        if field not in self._coded:
            self._coded[field] = _coded(self.column(field))
        return self._coded[field]

    def at(self, field: str, numbers: Sequence[int]) -> list[Any]:
        """The values of one field at some rows; ``numbers`` ascend, each once."""
        column = self.column(field)
        return column if len(numbers) == len(column) else list(map(column.__getitem__, numbers))

    def filled(self, field: str) -> bool:
        """Whether any row has a value of this field."""
        coded = self.coded(field)
        return coded is None or not {None, ()}.issuperset(coded[0])

    def fill(self, field: str, values: Sequence[Value]) -> None:
        """Give a column that is known from more than these lookups, in the order of ``lookups``."""
        if len(values) != len(self.lookups):
            raise ValueError(f"{field}: {len(values)} values for {len(self.lookups)} lookups")
        self._columns[field] = list(values)
        self._coded.pop(field, None)

    def by_actor(self) -> dict[str, list[int]]:
        """The row numbers of each actor, in time order."""
        groups: dict[str, list[int]] = {}
        for index, actor in enumerate(self.column("actor")):
            groups.setdefault(actor, []).append(index)
        return groups

    def row(self, index: int) -> dict[str, Value]:
        """Every field of one row, for explanations."""
        return {field: self.column(field)[index] for field in sorted(FIELDS)}

    def index_of(self, lookup: Lookup) -> int:
        """The row number of a lookup that was given; ValueError when it was not."""
        return self.lookups.index(lookup)


def _coded(column: Sequence[Any]) -> Coded | None:
    if len(set(column[:1000])) > 256:
        return None
    numbers = {value: number for number, value in enumerate(dict.fromkeys(column))}
    if len(numbers) > 256:
        return None
    one = len(numbers) == 1
    return tuple(numbers), bytes(len(column)) if one else bytes([*map(numbers.__getitem__, column)])


def _order(x: Lookup) -> tuple[int, str, str, str, str]:
    return (x.time, x.record_sha256, x.view, x.database or "", x.name or "")


def rows(lookups: Iterable[Lookup], sets: Mapping[str, frozenset[str]] | None = None) -> Rows:
    """The table of rule fields over deduplicated lookups; ``sets`` maps a tool to its database ids."""
    return Rows(lookups, sets)


def _first_seen(table: Rows) -> list[bool | None]:
    """True: first lookup of this actor in this database, with seven days of data before it; None: unknown."""
    if not table.lookups:
        return []
    begin = table.lookups[0].time
    seen: set[tuple[str, str]] = set()
    out: list[bool | None] = []
    for actor, lookup in zip(table.column("actor"), table.lookups, strict=True):
        if lookup.database is None:
            out.append(None)
        elif (actor, lookup.database) in seen:
            out.append(False)
        else:
            seen.add((actor, lookup.database))
            out.append(True if lookup.time - begin >= KNOWN_BEFORE else None)
    return out


def _own_targets(table: Rows) -> list[tuple[str, ...]]:
    about = zip(table.lookups, table.column("about_us"), strict=True)
    return [_values([t for t in x.targets if t.about_us]) if ours else () for x, ours in about]


_WHOLE: Mapping[str, Callable[[Rows], list[Any]]] = {
    "actor": lambda table: actors.keys(table.lookups),
    "first_seen": _first_seen,
    "own_target": _own_targets,
}


def _provider_columns(table: Rows) -> dict[str, list[Any]]:
    fitted: list[toolsets.Fit | None] = [None] * len(table)
    for indices in table.by_actor().values():
        chosen = [table.lookups[i] for i in indices]
        if len({x.database for x in chosen}) < toolsets.MIN_MATCHED:
            continue
        found = toolsets.fits([x.time for x in chosen], [x.database for x in chosen], table._sets)
        for index, one in zip(indices, found, strict=True):
            fitted[index] = one
    numbers = list(map(id, fitted))
    distinct = dict(zip(numbers, fitted, strict=True))
    columns = {}
    for field in _OF_TOOL:
        told = {
            number: one and getattr(one, field.removeprefix("provider_")) for number, one in distinct.items()
        }
        columns[field] = list(map(told.__getitem__, numbers))
    return columns
