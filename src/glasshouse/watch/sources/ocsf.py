"""OCSF JSON: DNS, HTTP, network or process activity in; dns, http, tls, flow and process Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, dig, integer, iso, json_object, string
from glasshouse.watch.parse_proxy import connect_name, url_host

TITLE = "OCSF JSON"
FORMATS = ("classes 4001, 4002, 4003 and 1007, nested or dotted keys, bare or one level inside a wrapper",)
CUT = "json"
NEEDLES = (rb'port"\s*:\s*"?(43|4321|5432)\b',)
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns", "http", "tls", "flow", "process")
BLIND = (
    "What an OCSF record holds depends on the product behind it: many network records carry no names.",
    "A record may be written when an activity starts, before its bytes are counted.",
)

# https://schema.ocsf.io/1.5.0/categories/network , .../classes/process_activity
_NAMES = {"network activity": 4001, "http activity": 4002, "dns activity": 4003, "process activity": 1007}
_SIGN = re.compile(
    rb'"class_uid"\s*:\s*"?\d{3,6}\b|"class_name"\s*:\s*"(?:DNS|HTTP|Network|Process) Activity"'
)
_OTHER_SIGN = re.compile(rb'"(?:type_uid|category_uid|severity_id|activity_id)"\s*:')
_INBOUND = 1
_LAUNCH = 1
_MILLI = 1000
Raw = dict[str, Any]


def detect(head: bytes) -> int:
    """90 for OCSF's class with one of its other mandatory attributes."""
    if head.lstrip()[:1] not in (b"{", b"[", b"\xef"):
        return 0
    return 90 if _SIGN.search(head) and _OTHER_SIGN.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One event; classes that show no look-up give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    fields = _unwrapped(json_object(record))
    build = _READERS.get(_class(fields))
    if build is not None:
        yield from build(fields, _shared(fields, layout))


def _unwrapped(fields: Raw) -> Raw:
    if "class_uid" in fields or "class_name" in fields:
        return fields
    inner = (value for value in fields.values() if isinstance(value, dict))
    return next((value for value in inner if "class_uid" in value or "class_name" in value), fields)


def _class(fields: Raw) -> int:
    number = integer(fields.get("class_uid"))
    return number if number is not None else _NAMES.get(str(fields.get("class_name")).lower(), 0)


def _shared(fields: Raw, layout: Layout) -> Raw:
    moment, doubt = _time(fields, layout)
    return {
        "time": moment,
        "ip": string(dig(fields, "src_endpoint.ip")),
        "host": _first(fields, "device.hostname", "src_endpoint.hostname", "device.name"),
        "user": _first(fields, "actor.user.name", "src_endpoint.owner.name", "actor.user.email_addr"),
        "process": _first(fields, "actor.process.file.path", "actor.process.name", "actor.process.file.name"),
        "server_ip": string(dig(fields, "dst_endpoint.ip")),
        "server_port": integer(dig(fields, "dst_endpoint.port")),
        "doubt": doubt,
    }


def _time(fields: Raw, layout: Layout) -> tuple[int, str | None]:
    """OCSF times are milliseconds since 1970; the _dt twins are RFC 3339 text."""
    for name in ("start_time", "time"):
        number = integer(fields.get(name))
        if number is not None:
            return number * _MILLI, None
        said = fields.get(f"{name}_dt") or fields.get(name)
        if isinstance(said, str):
            return iso(said, layout)
    raise Malformed("no time")


def _dns(fields: Raw, shared: Raw) -> Iterator[Event]:
    """A query and its response share an ident where the product gives a packet number."""
    if integer(dig(fields, "src_endpoint.port")) == 53 and shared["server_port"] != 53:
        shared["ip"], shared["server_ip"] = shared["server_ip"], shared["ip"]
        shared["server_port"] = 53
        client_port = integer(dig(fields, "dst_endpoint.port"))
    else:
        client_port = integer(dig(fields, "src_endpoint.port"))
    name, query_type = string(dig(fields, "query.hostname")), string(dig(fields, "query.type"))
    packet = string(dig(fields, "query.packet_uid"))
    ident = f"dns {shared['ip']} {client_port} {packet} {name} {query_type}" if packet else _ident(fields)
    yield Event(via="dns", name=name, query_type=query_type, ident=ident, **shared)


def _http(fields: Raw, shared: Raw) -> Iterator[Event]:
    request = fields.get("http_request")
    method = string((string(dig(fields, "http_request.http_method")) or "").upper())
    url = dig(fields, "http_request.url")
    target = string(url) or (_url(url) if isinstance(url, dict) else None)
    host = dig(fields, "http_request.url.hostname") or url_host(target)
    name = string(host or dig(fields, "dst_endpoint.hostname"))
    connect = method == "CONNECT"
    if connect and target:
        name = string(host) or connect_name(target)
    inbound = integer(dig(fields, "connection_info.direction_id")) == _INBOUND
    yield Event(
        via="http",
        name=None if inbound else name,
        url=None if connect else _path(target) if inbound else target,
        method=method,
        status=integer(dig(fields, "http_response.code") or dig(fields, "http_status")),
        user_agent=string(dig(fields, "http_request.user_agent")),
        body=string(dig(fields, "http_request.body")) if isinstance(request, dict) else None,
        proxied=connect or dig(fields, "proxy_endpoint.ip") is not None,
        ident=_ident(fields),
        **_amounts(fields),
        **shared,
    )


def _url(url: Raw) -> str | None:
    whole = string(url.get("url_string") or url.get("text"))
    if whole:
        return whole
    host, path = string(url.get("hostname")), string(url.get("path")) or "/"
    query = string(url.get("query_string"))
    tail = path + (f"?{query.lstrip('?')}" if query else "")
    return f"{string(url.get('scheme')) or 'http'}://{host}{tail}" if host else string(tail)


def _path(target: str | None) -> str | None:
    """A request that came in from outside keeps its path only."""
    if not target or "://" not in target:
        return target
    return f"/{target.split('://', 1)[1].partition('/')[2]}"


def _network(fields: Raw, shared: Raw) -> Iterator[Event]:
    server_name = string(dig(fields, "tls.sni"))
    product = str(dig(fields, "metadata.product.name") or "").lower()
    if integer(dig(fields, "connection_info.direction_id")) == _INBOUND:
        name = None
    elif server_name or "sysmon" in product:  # Sysmon's destination name is a reverse name
        name = server_name
    else:
        name = string(dig(fields, "dst_endpoint.hostname"))
    yield Event(
        via="tls" if server_name else "flow", name=name, ident=_ident(fields), **_amounts(fields), **shared
    )


def _process(fields: Raw, shared: Raw) -> Iterator[Event]:
    if integer(fields.get("activity_id")) not in (None, _LAUNCH):
        return
    shared["process"] = _first(
        fields, "process.file.path", "process.path", "process.name", "process.file.name"
    )
    shared["user"] = _first(fields, "process.user.name") or shared["user"]
    shared["ip"] = shared["ip"] or string(dig(fields, "device.ip"))
    command = string(dig(fields, "process.cmd_line"))
    yield Event(via="process", command_line=command, ident=_ident(fields), **shared)


def _amounts(fields: Raw) -> Raw:
    length = integer(fields.get("duration"))
    return {
        "bytes_out": integer(dig(fields, "traffic.bytes_out")),
        "bytes_in": integer(dig(fields, "traffic.bytes_in")),
        "packets_out": integer(dig(fields, "traffic.packets_out")),
        "duration": length * _MILLI if length is not None else None,
    }


def _ident(fields: Raw) -> str | None:
    said = string(dig(fields, "metadata.uid"))
    return f"ocsf {said}" if said else None


def _first(fields: Raw, *paths: str) -> str | None:
    return next((said for path in paths if (said := string(dig(fields, path)))), None)


_READERS = {4001: _network, 4002: _http, 4003: _dns, 1007: _process}
