"""A lookup in, its flat row with OCSF column names out; and back, without loss."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from glasshouse.records import Actor, Client, ClientKind, Lookup, Requests, Target

# OCSF paths with "." written "_". Ours alone: time_us, batch_id, actor_node, dst_name and what follows view.
COLUMNS: Mapping[str, str] = {
    "time": "BIGINT",  # milliseconds since 1970
    "time_us": "BIGINT",
    "class_uid": "INTEGER",
    "metadata_uid": "VARCHAR",
    "metadata_product_name": "VARCHAR",
    "metadata_log_name": "VARCHAR",
    "metadata_sequence": "BIGINT",
    "metadata_original_event_uid": "VARCHAR",
    "metadata_correlation_uid": "VARCHAR",
    "raw_data_hash_value": "VARCHAR",
    "batch_id": "BIGINT",
    "actor_node": "VARCHAR",
    "actor_user_name": "VARCHAR",
    "device_hostname": "VARCHAR",
    "src_endpoint_ip": "VARCHAR",
    "actor_process_name": "VARCHAR",
    "dst_name": "VARCHAR",
    "traffic_bytes_out": "BIGINT",
    "traffic_bytes_in": "BIGINT",
    "traffic_packets_out": "BIGINT",
    "duration_us": "BIGINT",
    "via": "VARCHAR",
    "view": "VARCHAR",
    "database": "VARCHAR",
    "techniques": "VARCHAR[]",
    "scope": "VARCHAR",
    "targets": "STRUCT(type VARCHAR, value VARCHAR, about_us BOOLEAN)[]",
    "client_kind": "VARCHAR",
    "client_name": "VARCHAR",
    "key_fingerprint": "VARCHAR",
    "requests_min": "BIGINT",
    "requests_estimate": "BIGINT",
    "requests_how": "VARCHAR",
    "proxied": "BOOLEAN",
    "doubt": "VARCHAR",
}
NAMES = tuple(COLUMNS)
CLASS = {"dns": 4003, "http": 4002, "process": 1007}  # https://schema.ocsf.io; all others are 4001
LARGEST = 2**63 - 1
PARTS = 10_000  # of each kind kept
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stored(NamedTuple):
    """A lookup as the lake holds it: its identity, the batch that brought it, and where it belongs."""

    uid: str
    batch: int
    node: str
    lookup: Lookup


def uid_of(lookup: Lookup) -> str:
    """The identity of a lookup, 32 hex digits: copies of a record and of a transaction have the same."""
    same = f"{lookup.source} {lookup.ident}" if lookup.ident else lookup.record_sha256
    told = [same, lookup.view, lookup.database, lookup.name, *(target.value for target in lookup.targets)]
    data = orjson.dumps([text and clean(text) for text in told])
    return hashlib.sha256(data).hexdigest()[:32]


def day_of(time: int) -> int:
    """The UTC day of a time in microseconds, written YYYYMMDD."""
    day = _EPOCH + timedelta(microseconds=time)
    return day.year * 10_000 + day.month * 100 + day.day


def clean(text: str) -> str:
    """The text without halves of characters, which UTF-8 cannot write."""
    return text.encode("utf-8", "replace").decode()


def row(stored: Stored) -> dict[str, Any]:
    """The flat row of a lookup; numbers beyond 63 bits, which no log means, are cut to the largest."""
    x = stored.lookup
    cells: tuple[Any, ...] = (
        x.time // 1000, x.time, CLASS.get(x.via, 4001), stored.uid, x.source, x.file, x.position, x.ident,
        x.link, x.record_sha256, stored.batch, stored.node, x.actor.user, x.actor.host, x.actor.ip,
        x.actor.process, x.name, x.bytes_out, x.bytes_in, x.packets_out, x.duration, x.via, x.view,
        x.database, list(x.techniques), x.scope,
        [{"type": t.type, "value": clean(t.value), "about_us": t.about_us} for t in x.targets],
        x.client.kind, x.client.name, x.key_fingerprint, x.requests.min, x.requests.estimate,
        x.requests.how, x.proxied, x.doubt,
    )  # fmt: skip
    return {"event_day": day_of(x.time), **dict(zip(NAMES, map(_cell, cells), strict=True))}


def _cell(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-LARGEST, min(LARGEST, value))
    return value


def stored_of(cells: Sequence[Any]) -> Stored:
    """A row, its cells in the order of NAMES, as the lookup it was made from."""
    (
        _ms, time, _class, uid, source, file, position, ident, link, sha, batch, node, user, host, ip,
        process, name, bytes_out, bytes_in, packets_out, duration, via, view, database, techniques, scope,
        targets, kind, client, key, least, estimate, how, proxied, doubt,
    ) = cells  # fmt: skip
    lookup = Lookup(
        time=time, source=source, file=file, position=position, record_sha256=sha, via=via, view=view,
        actor=_actor(user, host, ip, process, node), database=database,
        techniques=_techniques(*techniques), scope=scope, name=name,
        targets=tuple([Target(t["type"], t["value"], t["about_us"]) for t in targets]),
        client=_client(kind, client), key_fingerprint=key, requests=_requests(least, estimate, how),
        bytes_out=bytes_out, bytes_in=bytes_in, packets_out=packets_out, duration=duration, link=link,
        ident=ident, proxied=proxied, doubt=doubt,
    )  # fmt: skip
    return Stored(uid, batch, node, lookup)


# The parts of lookups are few, and nothing changes them: each is made once.
@lru_cache(PARTS)
def _actor(user: str | None, host: str | None, ip: str | None, process: str | None, node: str) -> Actor:
    return Actor(user, host, ip, process, _device(node, ip))


@lru_cache(PARTS)
def _client(kind: ClientKind, name: str | None) -> Client:
    return Client(kind, name)


@lru_cache(PARTS)
def _requests(least: int, estimate: int, how: str) -> Requests:
    return Requests(least, estimate, how)


@lru_cache(PARTS)
def _techniques(*names: str) -> tuple[str, ...]:
    return names


def _device(node: str, ip: str | None) -> str | None:
    """The machine that leases named: only then does a lookup not stand under its address."""
    return node[2:] if ip and node.startswith("1:") and node != f"1:{ip.lower()}" else None


def text_of(stored: Stored) -> str:
    """A lookup as one JSON object, for the database."""
    return orjson.dumps(row(stored)).decode()


def from_text(text: str) -> Stored:
    """A lookup from such an object."""
    cells = orjson.loads(text)
    return stored_of([cells[name] for name in NAMES])
