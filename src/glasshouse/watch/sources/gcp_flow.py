"""Google Cloud VPC flow logs as Cloud Logging JSON: one log entry in, a flow Event out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, dig, integer, iso, json_object, string
from glasshouse.watch.parse_flow import Flow, ident, protocol, requests

TITLE = "Google Cloud VPC flow logs"
FORMATS = ("LogEntry JSON with jsonPayload.connection: one a line, one array, or pretty-printed",)
CUT = "json"
NEEDLES = (rb'dest_port\\?"\s*:\s*\\?"?(43|4321|5432)\b',)
SPELLINGS = ("json",)
LINKED = False
SEES = ("flow",)
BLIND = (
    "A flow record holds addresses and ports, no names: a service behind port 443 cannot be told.",
    "Google samples the packets first and the records then: short connections may be missing.",
    "A connection between two machines of one network is reported by both ends.",
)

# https://cloud.google.com/vpc/docs/about-flow-logs-records
_SIGN = re.compile(rb'"logName"\s*:\s*"[^"]*googleapis\.com(?:%2F|/)vpc_flows"|"connection"\s*:\s*\{')
_DNS = re.compile(rb'googleapis\.com(?:%2F|/)dns_queries"')  # another log, maybe in the same file
_OWN = re.compile(rb'"(?:src|dest)_ip"\s*:')


def detect(head: bytes) -> int:
    """93 for log entries of vpc_flows or with a connection; 60 where DNS queries are in the file, too."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"["):
        return 0
    if b'"jsonPayload"' not in start or not (_SIGN.search(start) and _OWN.search(start)):
        return 0
    return 60 if _DNS.search(start) else 93


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One log entry; entries of other logs give nothing, nor does the way back of a connection."""
    if not record.strip(b" \t\r\n,[]"):
        return
    entry = json_object(record)
    payload = entry.get("jsonPayload")
    if not isinstance(payload, dict):
        return
    connection = payload.get("connection")
    if isinstance(connection, dict):
        yield from _flow(entry, payload, connection, layout)
    elif "vpc_flows" in str(entry.get("logName")):
        raise Malformed("no connection")


def _flow(
    entry: dict[str, Any], payload: dict[str, Any], connection: dict[str, Any], layout: Layout
) -> Iterator[Event]:
    source, server = string(connection.get("src_ip")), string(connection.get("dest_ip"))
    if source is None or server is None:
        raise Malformed("a connection without src_ip or dest_ip")
    said = string(payload.get("start_time")) or string(entry.get("timestamp"))
    if said is None:
        raise Malformed("neither start_time nor timestamp")
    when, doubt = iso(said, layout)
    ended = string(payload.get("end_time"))
    ports = integer(connection.get("src_port")), integer(connection.get("dest_port"))
    carried = protocol(connection.get("protocol"))
    number = string(entry.get("insertId"))
    yield from requests(
        Flow(
            time=when,
            ip=source,
            port=ports[0],
            server_ip=server,
            server_port=ports[1],
            protocol=carried,
            bytes_out=integer(payload.get("bytes_sent")),
            packets_out=integer(payload.get("packets_sent")),
            duration=max(iso(ended, layout)[0] - when, 0) if ended else None,
            ident=ident(number or (source, ports[0], server, ports[1], carried), said),
            host=string(dig(payload, "src_instance.vm_name")),
            doubt=doubt,
        )
    )
