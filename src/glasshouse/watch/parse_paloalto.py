"""Toolbox of PAN-OS records: columns of a syslog line, JSON or CEF in, one Event or None out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, iso, seconds, string
from glasshouse.watch.parse_gateway import Request, address, path_of, plain_user, web
from glasshouse.watch.parse_keyvalue import said, when

# https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/
# syslog-field-descriptions ; columns count from 0. Those of TRAFFIC and THREAT are equal up to the action.
_COMMON = {
    "serial": 2, "type": 3, "subtype": 4, "generated": 6, "src": 7, "dst": 8, "user": 12, "app": 14,
    "session": 22, "sport": 24, "dport": 25, "proto": 29, "action": 30,
}  # fmt: skip
_TRAFFIC = {"sent": 32, "received": 33, "start": 35, "elapsed": 36, "packets_sent": 44}
_THREAT = {"url": 31, "threat": 32, "direction": 35, "agent": 46, "method": 63}
_DECRYPTION = {"sni": 63}
COLUMNS: dict[str, dict[str, int]] = {
    "TRAFFIC": {**_COMMON, **_TRAFFIC},
    "THREAT": {**_COMMON, **_THREAT},
    "URL": {**_COMMON, **_THREAT},
    "DECRYPTION": {**_COMMON, **_DECRYPTION},
}
_LEAST = {"TRAFFIC": 37, "THREAT": 36, "URL": 36, "DECRYPTION": 40}
# The client's own name stands at a fixed distance before the precise time (PAN-OS 10.0 and later).
_HOST_BEFORE = {"TRAFFIC": 20, "THREAT": 21, "URL": 21}
_PRECISE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)$", re.ASCII)

# https://docs.paloaltonetworks.com/strata-logging-service/log-reference
_KEYS = {
    "serial": ("DeviceSN", "LogSourceID"),
    "type": ("LogType",),
    "subtype": ("Subtype", "SubType", "LogSubtype"),
    "generated": ("TimeGeneratedHighResolution", "TimeGenerated", "EventTime", "TimeReceived"),
    "src": ("SourceAddress", "SourceIP"),
    "dst": ("DestinationAddress", "DNSResolverIP"),
    "user": ("SourceUser", "SourceUserName"),
    "host": ("SourceDeviceHost", "EndpointDeviceName"),
    "app": ("Application",),
    "session": ("SessionID",),
    "sport": ("SourcePort",),
    "dport": ("DestinationPort",),
    "proto": ("Protocol",),
    "sent": ("BytesSent",),
    "received": ("BytesReceived",),
    "start": ("SessionStartTime",),
    "elapsed": ("SessionDuration", "TotalTimeElapsed"),
    "packets_sent": ("PacketsSent",),
    "url": ("URL", "FileName"),
    "threat": ("ThreatName", "ThreatNameFirewall"),
    "direction": ("DirectionOfAttack",),
    "agent": ("UserAgent",),
    "method": ("HTTPMethod",),
    "sni": ("ServerNameIndication",),
    "question": ("DNSQuestion", "DNSQuery", "DomainName", "FQDN", "Domain"),
    "question_type": ("RecordType",),
}
# https://docs.paloaltonetworks.com/resources/cef : here "in" is what the client sent, as CEF says.
_CEF = {
    "serial": ("deviceExternalId", "PanOSDeviceSN"),
    "generated": ("start", "PanOSTimeGeneratedHighResolution", "rt"),
    "src": ("src", "c6a2"),
    "dst": ("dst", "c6a3"),
    "user": ("suser", "suser0", "PanOSSourceUserName"),
    "host": ("PanOSSourceDeviceHost", "shost"),
    "app": ("app",),
    "session": ("cn1",),
    "sport": ("spt",),
    "dport": ("dpt",),
    "sent": ("in",),
    "received": ("out",),
    "start": ("PanOSSessionStartTime",),
    "elapsed": ("cn3",),
    "packets_sent": ("PanOSPacketsSent",),
    "url": ("request",),
    "threat": ("PanOSThreatID", "PanOSThreatName", "cat"),
    "direction": ("flexString2",),
    "agent": ("requestClientApplication",),
    "method": ("requestMethod",),
    "sni": ("PanOSServerNameIndication", "PanOSSNI"),
}
# The name in a signature: Malware:example.com(109001001), or: Suspicious DNS Query (generic:example.com)(401)
_DNS_THREAT = re.compile(r"(?:^|\()[\w .-]{1,60}:(?P<name>[\w-]+(?:\.[\w-]+)+)\.?\)?(?:\(\d+\))?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One record by our own names, its time in microseconds, and where it came from."""

    said: Mapping[str, str]
    time: int | None
    doubt: str | None
    start: int | None
    link: str | None


def row_of_columns(cells: Sequence[str], layout: Layout) -> Row | None:
    """A syslog line's columns by name; None for types that show no request. Raises Malformed when cut."""
    kind = cells[3].upper()
    columns = COLUMNS.get(kind)
    if columns is None:
        return None
    if len(cells) < _LEAST[kind]:
        raise Malformed(f"{len(cells)} columns, a {kind} record has at least {_LEAST[kind]}")
    named = {name: cells[at] for name, at in columns.items() if at < len(cells)}
    precise = next((at for at in range(len(cells) - 1, 40, -1) if _PRECISE.match(cells[at])), None)
    local, doubt = when(cells[6], layout)
    moment = local
    if precise is not None:
        moment, doubt = iso(cells[precise], layout)
        host = _HOST_BEFORE.get(kind)
        if host and precise - host > 63:
            named["host"] = cells[precise - host]
    start = _start(named.get("start"), moment - local, layout)
    link = ",".join(cells[22:26]) if all(cells[22:26]) and cells[22] != "0" else None
    return Row(named, moment, doubt, start, link)


def _start(value: str | None, shift: int, layout: Layout) -> int | None:
    """The session's start; the whole minutes between local and precise time tell the firewall's zone."""
    if not value or "/" not in value:
        return None
    quarter = 900 * 1_000_000
    return when(value, layout)[0] + round(shift / quarter) * quarter


def row_of_keys(record: Mapping[str, Any], layout: Layout) -> Row | None:
    """A JSON record by name; None for types that show no request."""
    named = {name: value for name, keys in _KEYS.items() if (value := said(record, *keys))}
    if named.get("type", "").upper() not in (*COLUMNS, "DNS"):
        return None
    if "generated" not in named:
        raise Malformed("no time")
    moment, doubt = when(named["generated"], layout)
    start = when(named["start"], layout)[0] if "start" in named else None
    return Row(named, moment, doubt, start, None)


def row_of_cef(signature: str, name: str, extension: Mapping[str, str], layout: Layout) -> Row | None:
    """A CEF record by name. Its type stands in one of two header fields, the subtype in the other."""
    kinds = (signature.upper(), name.upper())
    kind = next((said for said in kinds if said in COLUMNS), None)
    if kind is None:
        return None
    other = name if kinds[0] == kind else signature
    named: dict[str, str] = {own: value for own, keys in _CEF.items() if (value := said(extension, *keys))}
    zone = said(extension, "dtz")
    generated = named.get("generated")
    moment, doubt = when(generated, layout, zone) if generated else (None, "the record tells no time")
    start = when(named["start"], layout, zone)[0] if "start" in named else None
    named["type"], named["subtype"] = kind, "url" if "(9999)" in other else other.lower()
    return Row(named, moment, doubt, start, None)


def event_of(row: Row) -> Event | None:
    """The Event of a record; None where it shows neither request, question nor connection."""
    kind = row.said["type"].upper()
    base = _base(row)
    if kind == "TRAFFIC":
        return _flow(row, base)
    if kind == "DECRYPTION":
        return replace(base, via="tls", name=string(row.said.get("sni")), ident=_ident(row))
    if kind == "DNS":
        return replace(
            base, via="dns", name=row.said.get("question"), query_type=_type(row), server_port=53, link=None
        )
    return _threat(row, base)


def _base(row: Row) -> Event:
    user = said(row.said, "user")
    if user and user.lower().startswith("x-fwd-for:"):
        user = None
    return Event(
        via="flow",
        time=row.time,
        user=plain_user(user),
        host=said(row.said, "host"),
        ip=address(said(row.said, "src")),
        server_ip=address(said(row.said, "dst")),
        server_port=integer(row.said.get("dport")),
        link=row.link,
        doubt=row.doubt,
    )


def _flow(row: Row, base: Event) -> Event:
    took = seconds(row.said.get("elapsed"))
    start = row.start
    if start is None and row.time is not None:
        start = row.time - (took or 0)
    return replace(
        base,
        time=start,
        bytes_out=integer(row.said.get("sent")),
        bytes_in=integer(row.said.get("received")),
        packets_out=integer(row.said.get("packets_sent")),
        duration=took,
    )


def _threat(row: Row, base: Event) -> Event | None:
    app, url = (said(row.said, "app") or "").lower(), said(row.said, "url")
    question = _DNS_THREAT.search(row.said.get("threat", "")) if app.startswith("dns") else None
    if question:
        if row.said.get("direction", "").lower().startswith("server"):  # found in the answer
            port = integer(row.said.get("sport"))
            base = replace(base, ip=base.server_ip, server_ip=base.ip, server_port=port)
        return replace(base, via="dns", name=question["name"], ident=_ident(row))
    if row.said.get("subtype", "").lower() != "url" and row.said["type"].upper() != "URL":
        return None  # the column holds a file name there
    if not url:
        return None
    method = said(row.said, "method")
    opaque = app in ("ssl", "quic", "incomplete") and not method and path_of(url) in ("", "/")
    event = web(Request(None, url, method, base.server_port, opaque), base)
    return replace(
        event,
        user_agent=said(row.said, "agent"),
        ident=_ident(row) if event.via == "tls" else None,
    )


def _ident(row: Row) -> str | None:
    parts = [said(row.said, name) for name in ("serial", "session", "sport")]
    return "/".join(part for part in parts if part) if all(parts) and parts[1] != "0" else None


def _type(row: Row) -> str | None:
    """Record types of the answers, separated by commas: only one alone tells what was asked."""
    kind = row.said.get("question_type", "")
    return kind.upper() if kind and "," not in kind else None
