"""One lookup or alert in, one flat row of cells out: for sinks that are tables of plain values."""

from __future__ import annotations

from collections.abc import Iterable

from glasshouse.records import Alert, Lookup
from glasshouse.report.contract import rfc3339
from glasshouse.safe import safe

Cell = str | int | None

ALERT_COLUMNS = (
    *("id", "level", "score", "summary", "first_seen", "last_seen", "user", "other_users", "host", "ip"),
    *("process", "databases", "techniques", "lookups", "requests_min", "requests_estimate", "requests_how"),
    *("targets", "own_targets", "targets_total", "clients", "rules", "points", "seen_through", "not_shown"),
    *("evidence", "evidence_total"),
)
LOOKUP_COLUMNS = (
    *("time", "source", "file", "position", "via", "view", "user", "host", "ip", "process", "database"),
    *("techniques", "scope", "name", "targets", "own_targets", "client_kind", "client", "key_fingerprint"),
    *("requests_min", "requests_estimate", "requests_how", "bytes_out", "bytes_in", "record_sha256", "doubt"),
)


def alert_row(alert: Alert) -> list[Cell]:
    """Return the cells of one alert under ALERT_COLUMNS; lists joined by ``; ``, text cleaned."""
    actor, requests = alert.actor, alert.requests
    cells: list[Cell] = [
        *(alert.id, alert.level, alert.score, alert.summary),
        *(rfc3339(alert.first_seen), rfc3339(alert.last_seen)),
        *(actor.user, _joined(user for user in alert.users if user != actor.user)),
        *(actor.host, actor.ip, actor.process),
        *(_joined(alert.databases), _joined(alert.techniques), alert.lookups),
        *(requests.min, requests.estimate, requests.how),
        _joined(target.value for target in alert.targets),
        _joined(target.value for target in alert.targets if target.about_us),
        alert.targets_total,
        _joined(client.name or client.kind for client in alert.clients),
        *(_joined(alert.rules), _joined(f"{row.rule} {row.points}" for row in alert.points)),
        *(_joined(alert.visibility.seen_through), _joined(alert.visibility.not_shown)),
        _joined(f"{item.file}:{item.position}" for item in alert.evidence),
        alert.evidence_total,
    ]
    return [_clean(cell) for cell in cells]


def lookup_row(lookup: Lookup) -> list[Cell]:
    """Return the cells of one lookup under LOOKUP_COLUMNS; lists joined by ``; ``, text cleaned."""
    actor, requests = lookup.actor, lookup.requests
    cells: list[Cell] = [
        *(rfc3339(lookup.time), lookup.source, lookup.file, lookup.position, lookup.via, lookup.view),
        *(actor.user, actor.host, actor.ip, actor.process),
        *(lookup.database, _joined(lookup.techniques), lookup.scope, lookup.name),
        _joined(target.value for target in lookup.targets),
        _joined(target.value for target in lookup.targets if target.about_us),
        *(lookup.client.kind, lookup.client.name, lookup.key_fingerprint),
        *(requests.min, requests.estimate, requests.how),
        *(lookup.bytes_out, lookup.bytes_in, lookup.record_sha256, lookup.doubt),
    ]
    return [_clean(cell) for cell in cells]


def _joined(values: Iterable[str]) -> str:
    return "; ".join(values)


def _clean(cell: Cell) -> Cell:
    return safe(cell) if isinstance(cell, str) else cell
