"""Lines of compact example JSON in, situations of lookups out: how a rule shows that it fires or stays quiet.

A line ``{"situation": "name"}`` begins a situation; each other line stands for one or more lookups:
``at`` and ``every`` seconds, ``times``, ``db`` (an id or a list taken in turn), ``view``, ``ip``, ``host``,
``user``, ``client`` (``kind:name``, or a list), ``targets`` (``type:value``, with ``!`` behind when ours;
``#`` becomes the number), ``requests`` ([least, estimate]), ``in``/``out`` bytes, ``key``, ``family``,
``scope``, ``name``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from glasshouse.errors import ConfigError
from glasshouse.records import Actor, Client, Lookup, Requests, Target, Via
from glasshouse.watch.enrich import FAMILIES

Value = Any  # of one key of an example line
EPOCH = 1_772_409_600_000_000  # 2026-03-02T00:00:00Z
_KNOWN = frozenset(
    "at every times db view ip host user client targets requests in out key family scope name".split()  # noqa: SIM905
)
_TECHNIQUE = {family: technique for technique, family in FAMILIES.items()}


def situations(data: bytes, path: Path) -> list[tuple[str, list[Lookup]]]:
    """The situations of one example file; ConfigError with ``file:line`` when a line is not understood."""
    found: list[tuple[str, list[Lookup]]] = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            spec = json.loads(line)
            if "situation" in spec:
                found.append((str(spec["situation"]), []))
                continue
            if not found:
                found.append(("first", []))
            found[-1][1].extend(_lookups(spec, f"{path.name}:{number}"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"example not understood: {error}", f"{path}:{number}") from error
    return found


def _lookups(data: Mapping[str, Any], where: str) -> Iterator[Lookup]:
    unknown = set(data) - _KNOWN
    if unknown:
        raise ValueError(f"unknown key {', '.join(sorted(unknown))}")
    view = data.get("view", "http")
    via: Via = view.split("/")[0] if view.split("/")[0] in get_args(Via) else "http"
    family = data.get("family", "scan")
    for index in range(data.get("times", 1)):
        least, estimate = data.get("requests", (1, 1))
        time = EPOCH + round(1_000_000 * (data.get("at", 0) + index * data.get("every", 1)))
        yield Lookup(
            time=time,
            source="example",
            file=where,
            position=index,
            record_sha256=hashlib.sha256(f"{where} {index}".encode()).hexdigest(),
            via=via,
            view=view,
            actor=Actor(data.get("user"), data.get("host"), data.get("ip", "10.0.0.1")),
            database=_turn(data.get("db", "shodan"), index),
            techniques=(_TECHNIQUE.get(family, "T1597"),),
            scope=data.get("scope", "core"),
            name=data.get("name"),
            targets=tuple(_targets(data.get("targets", ()), index)),
            client=_client(_turn(data.get("client", "unknown"), index)),
            key_fingerprint=data.get("key"),
            requests=Requests(least, estimate, "as the example says"),
            bytes_in=data.get("in"),
            bytes_out=data.get("out"),
        )


def _turn(value: Value, index: int) -> Value:
    return value[index % len(value)] if isinstance(value, list) else value


def _client(text: str) -> Client:
    kind, _, name = text.partition(":")
    if kind not in ("browser", "script", "tool", "unknown"):
        raise ValueError(f"client kind {kind!r}")
    return Client(kind, name or None)  # type: ignore[arg-type]


def _targets(texts: Iterable[str], index: int) -> Iterator[Target]:
    for text in texts:
        kind, _, value = text.replace("#", str(index)).partition(":")
        ours = value.endswith("!")
        yield Target(kind, value.rstrip("!"), ours or None)  # type: ignore[arg-type]
