"""Rows of Defender advanced hunting tables (names to values) in, http, tls, dns, flow and process Events out.

Columns: https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-devicenetworkevents-table and
.../advanced-hunting-deviceprocessevents-table
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, integer, iso, json_object, string

Row = Mapping[str, Any]

SEES = ("process", "http", "tls", "dns", "flow")
BLIND = (
    "Defender folds repeated connections of one process to one name: one event may stand for many.",
    "Inside TLS only the server name is shown: paths, queries and the number of requests are not in it.",
    "HttpConnectionInspected and DnsConnectionInspected cover clear text only, and not on every device.",
)

_CONNECTIONS = {
    "ConnectionSuccess": None,
    "ConnectionRequest": None,
    "ConnectionAttempt": None,
    "ConnectionFound": None,
    "ConnectionAcknowledged": None,
    "ConnectionFailed": "the connection failed",
    "ConnectionSuccessAggregatedReport": "one event for several connections",
    "ConnectionFailedAggregatedReport": "one event for several connections that failed",
}
_HOUR = 3600 * MICRO


def events_of(row: Row, layout: Layout) -> Iterator[Event]:
    """The Event of one row; rows of other tables and actions give nothing. Raises Malformed."""
    action = string(row.get("ActionType"))
    if action == "ProcessCreated":
        yield _process(row, layout)
        return
    build = {
        "HttpConnectionInspected": _http,
        "SslConnectionInspected": _tls,
        "DnsConnectionInspected": _dns,
    }.get(action or "", _connection if action in _CONNECTIONS else None)
    if build is None:
        return
    more = _more(row)
    if str(more.get("direction", "Out")).lower() == "in":
        return  # somebody else asked us
    yield build(row, more, _shared(row, layout))


def _more(row: Row) -> Row:
    """AdditionalFields: an object, or JSON text."""
    value = row.get("AdditionalFields")
    if isinstance(value, dict):
        return value
    said = string(value)
    return json_object(said.encode()) if said else {}


def _time(row: Row, layout: Layout) -> tuple[int, str | None]:
    said = string(row.get("Timestamp")) or string(row.get("TimeGenerated"))
    if said is None:
        raise Malformed("no Timestamp")
    return iso(said, layout)


def _shared(row: Row, layout: Layout) -> dict[str, Any]:
    when, doubt = _time(row, layout)
    return {
        "time": when,
        "doubt": doubt,
        "user": _account(row, "InitiatingProcess"),
        "host": string(row.get("DeviceName")),
        "ip": string(row.get("LocalIP")),
        "process": _path(row, "InitiatingProcess"),
        "command_line": string(row.get("InitiatingProcessCommandLine")),
        "server_ip": string(row.get("RemoteIP")),
        "server_port": integer(row.get("RemotePort")),
    }


def _account(row: Row, prefix: str) -> str | None:
    name, domain = string(row.get(f"{prefix}AccountName")), string(row.get(f"{prefix}AccountDomain"))
    if name is None:
        return string(row.get(f"{prefix}AccountUpn"))
    return f"{domain}\\{name}" if domain else name


def _path(row: Row, prefix: str) -> str | None:
    """FolderPath holds the file name in streamed events and lacks it in exports of the device timeline."""
    folder, name = string(row.get(f"{prefix}FolderPath")), string(row.get(f"{prefix}FileName"))
    if folder is None or name is None or folder.lower().endswith(name.lower()):
        return folder or name
    slash = "/" if "/" in folder and "\\" not in folder else "\\"
    return f"{folder.rstrip(slash)}{slash}{name}"


def _process(row: Row, layout: Layout) -> Event:
    when, doubt = _time(row, layout)
    host, pid = string(row.get("DeviceName")), integer(row.get("ProcessId"))
    started = string(row.get("ProcessCreationTime"))
    born = iso(started, layout)[0] if started else when
    return Event(
        via="process",
        time=when,
        user=_account(row, "") or _account(row, "InitiatingProcess"),
        host=host,
        process=_path(row, ""),
        command_line=string(row.get("ProcessCommandLine")),
        ident=f"process {host.split('.')[0].lower()} {pid} {born // MICRO}" if host and pid else None,
        doubt=doubt,
    )


def _connection(row: Row, _more: Row, shared: dict[str, Any]) -> Event:
    """RemoteUrl is empty, a bare name, or an URL with or without its scheme."""
    failed = _CONNECTIONS.get(string(row.get("ActionType")) or "")
    shared["doubt"] = "; ".join(filter(None, (shared["doubt"], failed))) or None
    scheme, name, rest = _split(string(row.get("RemoteUrl")))
    if rest.strip("/"):
        url = f"{scheme}://{name}{rest}" if scheme else rest
        return Event(via="http", name=name, url=url, ident=_report(row), **shared)
    secure = scheme == "https" or (not scheme and shared["server_port"] == 443)
    if name and secure:
        return Event(via="tls", name=name, ident=_wire(row, "tls", name, shared), **shared)
    return Event(via="flow", name=name, ident=_wire(row, "flow", name, shared), **shared)


def _split(said: str | None) -> tuple[str, str | None, str]:
    """Scheme, host name and the rest of an URL that may lack all but the name."""
    scheme, mark, after = (said or "").partition("://")
    if not mark:
        scheme, after = "", said or ""
    end = min((at for at in (after.find(sign) for sign in "/?#") if at >= 0), default=len(after))
    host = after[:end].rpartition("@")[2]
    name, _, port = host.rpartition(":")
    if not (name and port.isdigit()) or (":" in name and not name.endswith("]")):
        name = host
    return scheme.lower(), name or None, after[end:]


def _wire(row: Row, kind: str, name: str | None, shared: Row) -> str | None:
    """One connection is told as attempt, success and inspected hello: same port, same hour."""
    port = integer(row.get("LocalPort"))
    device = string(row.get("DeviceId")) or shared["host"]
    if port is None or device is None:
        return _report(row)
    remote = f"{shared['server_ip']}:{shared['server_port']}"
    return f"defender {kind} {device} {port} {remote} {name} {shared['time'] // _HOUR}"


def _report(row: Row) -> str | None:
    """DeviceId, ReportId and Timestamp together name one event."""
    parts = [string(row.get(name)) for name in ("DeviceId", "ReportId", "Timestamp")]
    return "defender " + " ".join(str(part) for part in parts) if all(parts) else None


def _http(row: Row, more: Row, shared: dict[str, Any]) -> Event:
    name, target = string(more.get("host")), string(more.get("uri"))
    method = string(more.get("method"))
    connect = method == "CONNECT"
    return Event(
        via="http",
        name=(target or name) if connect else name or _split(string(row.get("RemoteUrl")))[1],
        url=None if connect else target,
        method=method,
        status=integer(more.get("status_code")),
        user_agent=string(more.get("user_agent")),
        bytes_out=integer(more.get("request_body_len")),
        bytes_in=integer(more.get("response_body_len")),
        ident=_report(row),
        proxied=connect or bool(target and target.startswith("http")),
        **shared,
    )


def _tls(row: Row, more: Row, shared: dict[str, Any]) -> Event:
    name = string(more.get("server_name")) or _split(string(row.get("RemoteUrl")))[1]
    return Event(via="tls", name=name, ident=_wire(row, "tls", name, shared), **shared)


def _dns(row: Row, more: Row, shared: dict[str, Any]) -> Event:
    name = string(more.get("query"))
    if name is None:
        raise Malformed("DnsConnectionInspected without query")
    return Event(
        via="dns",
        name=name,
        query_type=string(more.get("qtype_name")),
        ident=_report(row),
        **shared,
    )
