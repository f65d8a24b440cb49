"""Records in, JSON out: the contract of the machine output, one object per lookup, alert, event or run.

The shapes are described by ``docs/reference/schemas/*.json``; times are RFC 3339, UTC, with microseconds.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from glasshouse.records import Actor, Alert, Client, Event, Evidence, Lookup, Requests, Tally, Target, Trouble

TROUBLES_SHOWN = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNPRINTABLE = re.compile(r"[^ -~¡-¬®-ÿ]")


def rfc3339(microseconds: int | None) -> str | None:
    """Return microseconds since 1970 as ``2026-11-20T09:14:02.000001Z``; None outside the years 1 to 9999."""
    if microseconds is None:
        return None
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def lookup_json(lookup: Lookup) -> dict[str, Any]:
    """Return one lookup in the shape of ``lookup.json``; null where the log does not say."""
    return {
        "time": rfc3339(lookup.time),
        "source": lookup.source,
        "file": lookup.file,
        "position": lookup.position,
        "record_sha256": lookup.record_sha256,
        "via": lookup.via,
        "view": lookup.view,
        "actor": _actor(lookup.actor),
        "database": lookup.database,
        "techniques": list(lookup.techniques),
        "scope": lookup.scope,
        "name": lookup.name,
        "targets": [_target(target) for target in lookup.targets],
        "client": _client(lookup.client),
        "key_fingerprint": lookup.key_fingerprint,
        "requests": _requests(lookup.requests),
        "bytes_out": lookup.bytes_out,
        "bytes_in": lookup.bytes_in,
        "packets_out": lookup.packets_out,
        "duration_seconds": _seconds(lookup.duration),
        "link": lookup.link,
        "proxied": lookup.proxied,
        "doubt": lookup.doubt,
    }


def alert_json(alert: Alert) -> dict[str, Any]:
    """Return one alert in the shape of ``alert.json``; the points add up to the score."""
    return {
        "id": alert.id,
        "summary": alert.summary,
        "level": alert.level,
        "score": alert.score,
        "points": [{"rule": row.rule, "points": row.points, "reason": row.reason} for row in alert.points],
        "first_seen": rfc3339(alert.first_seen),
        "last_seen": rfc3339(alert.last_seen),
        "actor": _actor(alert.actor),
        "users": list(alert.users),
        "rules": list(alert.rules),
        "lookups": alert.lookups,
        "requests": _requests(alert.requests),
        "databases": list(alert.databases),
        "techniques": list(alert.techniques),
        "targets": [_target(target) for target in alert.targets],
        "targets_total": alert.targets_total,
        "clients": [_client(client) for client in alert.clients],
        "visibility": {
            "seen_through": list(alert.visibility.seen_through),
            "sources": list(alert.visibility.sources),
            "not_shown": list(alert.visibility.not_shown),
        },
        "evidence": [_evidence(item) for item in alert.evidence],
        "evidence_total": alert.evidence_total,
    }


def event_json(event: Event) -> dict[str, Any]:
    """Return one event in the shape of ``event.json``; the caller has removed keys from its texts."""
    return {
        "time": rfc3339(event.time),
        "via": event.via,
        "name": event.name,
        "url": event.url,
        "method": event.method,
        "status": event.status,
        "user_agent": event.user_agent,
        "body": event.body,
        "query_type": event.query_type,
        "payload": event.payload,
        "user": event.user,
        "host": event.host,
        "ip": event.ip,
        "process": event.process,
        "command_line": event.command_line,
        "server_ip": event.server_ip,
        "server_port": event.server_port,
        "bytes_out": event.bytes_out,
        "bytes_in": event.bytes_in,
        "packets_out": event.packets_out,
        "duration_seconds": _seconds(event.duration),
        "link": event.link,
        "ident": event.ident,
        "proxied": event.proxied,
        "doubt": event.doubt,
    }


def stats_json(tally: Tally) -> dict[str, Any]:
    """Return the accounting of one run in the shape of ``stats.json``: the sums, and the same per source."""
    per_source = {
        name: {
            "bytes": count.bytes,
            "records": count.records,
            "candidates": count.candidates,
            "parsed": count.parsed,
            "quarantined": count.quarantined,
            "lookups": count.lookups,
        }
        for name, count in sorted(tally.sources.items())
    }
    sums = {
        key: sum(counts[key] for counts in per_source.values())
        for key in ("bytes", "records", "candidates", "parsed", "quarantined", "lookups")
    }
    return {
        "files": tally.files,
        **sums,
        "sources": per_source,
        "relayed": tally.relayed,
        "troubles_total": tally.troubles_total,
        "troubles": [_trouble(trouble) for trouble in tally.troubles[:TROUBLES_SHOWN]],
    }


def line(shape: dict[str, Any]) -> str:
    """Return ``shape`` as one line of JSON, without line end.

    Characters a terminal could act on are written as JSON escapes, which parse back to the same text; a lone
    surrogate, which JSON cannot carry, becomes its visible form (the six characters of ``\\udc80``).
    """
    try:
        text = orjson.dumps(shape).decode()
    except TypeError:
        text = json.dumps(_encodable(shape), ensure_ascii=True, separators=(",", ":"))
    return text if text.isascii() and text.isprintable() else _UNPRINTABLE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    return character if character.isprintable() else json.dumps(character)[1:-1].replace("\x7f", "\\u007f")


def _encodable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value


def _actor(actor: Actor) -> dict[str, str | None]:
    return {"user": actor.user, "host": actor.host, "ip": actor.ip, "process": actor.process}


def _target(target: Target) -> dict[str, str | bool | None]:
    return {"type": target.type, "value": target.value, "about_us": target.about_us}


def _client(client: Client) -> dict[str, str | None]:
    return {"kind": client.kind, "name": client.name}


def _requests(requests: Requests) -> dict[str, int | str]:
    return {"min": requests.min, "estimate": requests.estimate, "how": requests.how}


def _evidence(evidence: Evidence) -> dict[str, int | str | None]:
    return {
        "time": rfc3339(evidence.time),
        "source": evidence.source,
        "file": evidence.file,
        "position": evidence.position,
        "record_sha256": evidence.record_sha256,
    }


def _trouble(trouble: Trouble) -> dict[str, int | str | None]:
    return {
        "where": trouble.where,
        "position": trouble.position,
        "reason": trouble.reason,
        "next_step": trouble.next_step,
    }


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1_000_000
