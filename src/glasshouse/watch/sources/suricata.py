"""Suricata EVE JSON: one event document in; dns, http, tls and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, iso, json_object, string
from glasshouse.watch.parse_ports import json_ports
from glasshouse.watch.parse_proxy import asked

TITLE = "Suricata EVE JSON"
FORMATS = ("one document a line, one array, or pretty-printed documents", "dns version 1, 2 and 3")
CUT = "json"
NEEDLES = json_ports(b"dest_port")
SPELLINGS = ("json",)
LINKED = True
SEES = ("dns", "http", "tls", "flow")
BLIND = (
    "A tls event shows the server name only: paths, queries and the number of requests are not in it.",
    "Flows hold no names; without the tls or dns event of the same flow_id they cannot be told apart.",
)

# https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
_KIND = re.compile(
    rb'"event_type"\s*:\s*"(?:alert|anomaly|dns|http|tls|quic|flow|netflow|fileinfo|stats|ssh|smb|smtp|ftp|rdp|'
    rb'krb5|dhcp|drop|mqtt|nfs|tftp|snmp|sip|ike|rfb|pgsql|doh2|ldap|mdns|websocket|bittorrent_dht|arp|frame)"'
)
_OWN = re.compile(rb'"(?:flow_id|in_iface|pcap_cnt|pcap_filename)"\s*:|"event_type"\s*:\s*"stats"')
_PORTS = (43, 4321, 5432)
Raw = dict[str, Any]


def detect(head: bytes) -> int:
    """94 for EVE's event_type with one of its own keys."""
    return 94 if head.lstrip()[:1] in b"{[\xef" and _KIND.search(head) and _OWN.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One document; event types that show no look-up give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    fields = json_object(record)
    kind = fields.get("event_type")
    build = _READERS.get(kind) if isinstance(kind, str) else None
    if build is None:
        return
    part = fields.get({"doh2": "dns"}.get(str(kind), str(kind)))
    if not isinstance(part, dict):
        raise Malformed(f"a {kind} event without its {kind} object")
    yield from build(fields, part, layout)


def _shared(fields: Raw, layout: Layout, when: object = None) -> Raw:
    said = when or fields.get("timestamp") or fields.get("@timestamp")
    if not isinstance(said, str):
        raise Malformed("no timestamp")
    moment, doubt = iso(said, layout)
    return {
        "time": moment,
        "ip": string(fields.get("src_ip")),
        "server_ip": string(fields.get("dest_ip")),
        "server_port": integer(fields.get("dest_port")),
        "link": string(fields.get("flow_id")),
        "doubt": doubt,
    }


def _dns(fields: Raw, part: Raw, layout: Layout) -> Iterator[Event]:
    """Question and answer of one transaction share an ident, whichever side the answer calls the source."""
    shared = _shared(fields, layout)
    answer = part.get("type") in ("answer", "response")
    if answer and _from_server(fields, part):
        shared["ip"], shared["server_ip"] = shared["server_ip"], shared["ip"]
        shared["server_port"] = integer(fields.get("src_port"))
    for name, query_type in _questions(part, answer):
        ident = f"dns {shared['link']} {part.get('id')} {name.lower()} {query_type}"
        known = ident if shared["link"] else None
        yield Event(via="dns", name=name, query_type=query_type, ident=known, **shared)


def _from_server(fields: Raw, part: Raw) -> bool:
    source, target = integer(fields.get("src_port")), integer(fields.get("dest_port"))
    return source == 53 or (part.get("version") == 3 and target != 53)


def _questions(part: Raw, answer: bool) -> Iterator[tuple[str, str | None]]:
    """(name, type) asked; a version 1 answer holds the name of one answer record, which nobody asked for."""
    queries = part.get("queries")
    if isinstance(queries, list):
        asked_for = [query for query in queries if isinstance(query, dict)]
    elif answer and ("rdata" in part or ("ttl" in part and "answers" not in part)):
        return
    else:
        asked_for = [part]
    for query in asked_for:
        name = string(query.get("rrname"))
        if name:
            yield name, string(query.get("rrtype"))


def _http(fields: Raw, part: Raw, layout: Layout) -> Iterator[Event]:
    shared = _shared(fields, layout)
    method = string(part.get("http_method"))
    name, url = asked(method, string(part.get("url")))
    yield Event(
        via="http",
        name=name or string(part.get("hostname")) or _header(part, ":authority") or _header(part, "host"),
        url=url,
        method=method,
        status=integer(part.get("status")),
        user_agent=string(part.get("http_user_agent")) or _header(part, "user-agent"),
        body=string(part.get("http_request_body_printable") or part.get("request_body_printable")),
        bytes_in=integer(part.get("length")),
        ident=f"http {shared['link']} {fields.get('tx_id', 0)}" if shared["link"] else None,
        proxied=name is not None,
        **shared,
    )


def _header(part: Raw, wanted: str) -> str | None:
    headers = part.get("request_headers")
    for header in headers if isinstance(headers, list) else ():
        if isinstance(header, dict) and str(header.get("name")).lower() == wanted:
            return string(header.get("value"))
    return None


def _tls(fields: Raw, part: Raw, layout: Layout) -> Iterator[Event]:
    shared = _shared(fields, layout)
    ident = f"{fields['event_type']} {shared['link']}" if shared["link"] else None
    yield Event(
        via="tls", name=string(part.get("sni")), user_agent=string(part.get("ua")), ident=ident, **shared
    )


def _flow(fields: Raw, part: Raw, layout: Layout) -> Iterator[Event]:
    shared = _shared(fields, layout, part.get("start"))
    yield Event(
        via="flow",
        bytes_out=integer(part.get("bytes_toserver")),
        bytes_in=integer(part.get("bytes_toclient")),
        packets_out=integer(part.get("pkts_toserver")),
        duration=_length(part, layout),
        ident=f"flow {shared['link']} {shared['time']}" if shared["link"] else None,
        **shared,
    )


def _netflow(fields: Raw, part: Raw, layout: Layout) -> Iterator[Event]:
    """One direction of a flow: read only where it can be a look-up by its port alone."""
    if integer(fields.get("dest_port")) not in _PORTS:
        return
    shared = _shared(fields, layout, part.get("start"))
    yield Event(
        via="flow",
        bytes_out=integer(part.get("bytes")),
        packets_out=integer(part.get("pkts")),
        duration=_length(part, layout),
        ident=f"flow {shared['link']} {shared['time']}" if shared["link"] else None,
        **shared,
    )


def _length(part: Raw, layout: Layout) -> int | None:
    start, end = part.get("start"), part.get("end")
    if not (isinstance(start, str) and isinstance(end, str)):
        return None
    return max(iso(end, layout)[0] - iso(start, layout)[0], 0)


_READERS = {
    "dns": _dns,
    "doh2": _dns,
    "http": _http,
    "tls": _tls,
    "quic": _tls,
    "flow": _flow,
    "netflow": _netflow,
}
