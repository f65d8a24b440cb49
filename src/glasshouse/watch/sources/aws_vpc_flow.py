"""Amazon VPC flow logs, as text, CSV, JSON or inside CloudWatch messages: one record in, flow Events out."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, epoch, integer, json_object, string, text
from glasshouse.watch.parse_flow import Flow, ident, protocol, requests

TITLE = "Amazon VPC flow logs"
FORMATS = (
    "text with a header line: any fields in any order (versions 2 to 8), transit gateways too",
    "text without header: the default fields of version 2, and more fields in the order of the manual",
    "CSV with a header line (Athena, Security Lake)",
    "JSON: one object a record, or CloudWatch logEvents, events or message around the text",
)
CUT = "json"
NEEDLES = (
    rb'(src|dst)addr\\?"?[ ,\t]',  # header lines
    rb'(?:^|[\n ,\t"])(43|4321|5432)\b',
    rb'dstport\\?"\s*:\s*"?(43|4321|5432)\b',
)
SPELLINGS = ("json",)
LINKED = False
SEES = ("flow",)
BLIND = (
    "A flow record holds addresses and ports, no names: a service behind port 443 cannot be told.",
    "Traffic to Amazon's own resolver, metadata service and time service is not in it.",
    "Behind a NAT gateway the log of its interface shows the gateway as the client.",
    "One connection gives a record for each aggregation interval of one or ten minutes.",
)

# https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
_DEFAULT = (
    "version account_id interface_id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
    "log_status vpc_id subnet_id instance_id tcp_flags type pkt_srcaddr pkt_dstaddr region az_id "
    "sublocation_type sublocation_id pkt_src_aws_service pkt_dst_aws_service flow_direction traffic_path"
)
_LEAST = 14  # fields of version 2
_LINE = re.compile(rb"\d{1,2} (?:\d{10,12}|unknown) (?:eni-[0-9a-z]+|-) \S+ \S+ ")
_INNER = re.compile(rb'"@?message"\s*:\s*"\d{1,2} (?:\d{10,12}|unknown) eni-')
_SYN_ACK = 18  # Amazon shows ACK only together with SYN: this side answered
Raw = Mapping[str, Any]


def detect(head: bytes) -> int:
    """92 for a header line or Amazon's JSON, 90 for lines of the default fields."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        named = re.search(rb'"srcaddr"\s*:', start) and re.search(rb'"dstaddr"\s*:', start)
        own = re.search(rb'"(?:interface[_-]id|log[_-]status|flow[_-]direction|vpc[_-]id)"\s*:', start)
        return 92 if (named and own) or _INNER.search(start) else 0
    first = start.partition(b"\n")[0]
    if b"srcaddr" in first and b"dstaddr" in first:
        return 92
    lines = start.split(b"\n")[:20]
    hits = sum(1 for line in lines if _LINE.match(line.lstrip(b"\xef\xbb\xbf")))
    return 90 if hits and hits * 2 >= sum(1 for line in lines if line.strip()) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record: a header changes the layout, a flow towards a service gives an Event, NODATA nothing."""
    body = record.strip(b" \t\r\n\0,[]\xef\xbb\xbf")
    if body.startswith(b"{"):
        yield from _document(json_object(record), layout)
    elif body:
        yield from _line(text(record).strip(), layout)


def _document(found: dict[str, Any], layout: Layout) -> Iterator[Event]:
    """A flow as an object, or text inside the envelopes of CloudWatch."""
    several = found.get("logEvents") or found.get("events")
    if isinstance(several, list):
        yield from _several([one for one in several if isinstance(one, dict)], layout)
        return
    said = found.get("message", found.get("@message"))
    if isinstance(said, dict):
        found = said
    elif isinstance(said, str):
        if said.lstrip().startswith("{"):
            found = json_object(said.encode())
        else:
            yield from _line(said.strip(), layout)
            return
    yield from _flow({name.replace("-", "_"): value for name, value in found.items()})


def _several(entries: list[dict[str, Any]], layout: Layout) -> Iterator[Event]:
    """All that can be read; then Malformed if some could not: one bad entry hides no other."""
    reasons: list[str] = []
    for entry in entries:
        try:
            yield from _document(entry, layout)
        except Malformed as reason:
            reasons.append(str(reason))
    if reasons:
        raise Malformed(f"{len(reasons)} of {len(entries)} log events: {reasons[0]}")


def _line(line: str, layout: Layout) -> Iterator[Event]:
    words = _words(line)
    names = tuple(word.replace("-", "_") for word in words)
    if "srcaddr" in names or "dstaddr" in names:
        layout.fields = names
        return
    fields = layout.fields or _usual(words)
    if len(words) != len(fields):
        raise Malformed(f"{len(words)} fields, the header names {len(fields)}")
    yield from _flow(dict(zip(fields, words, strict=True)))


def _words(line: str) -> list[str]:
    if "," in line:
        return [word.strip() for word in next(csv.reader([line]))]
    return line.split()


def _usual(words: list[str]) -> tuple[str, ...]:
    """The default order, as long as it is one: version, account and interface first."""
    if not _LINE.match(" ".join(words).encode()) or not _LEAST <= len(words) <= len(_DEFAULT.split()):
        raise Malformed("fields of no default order, and no header line names them")
    return tuple(_DEFAULT.split()[: len(words)])


def _flow(fields: Raw) -> Iterator[Event]:
    """``pkt_srcaddr`` and ``pkt_dstaddr`` are the ends of the connection where a gateway is between."""
    if str(fields.get("log_status") or "OK").upper() in ("NODATA", "SKIPDATA"):
        return
    source = string(fields.get("pkt_srcaddr")) or string(fields.get("srcaddr"))
    server = string(fields.get("pkt_dstaddr")) or string(fields.get("dstaddr"))
    if source is None and server is None:
        raise Malformed("neither srcaddr nor dstaddr")
    if (integer(fields.get("tcp_flags")) or 0) & _SYN_ACK == _SYN_ACK:
        return
    began, ended = fields.get("start"), string(fields.get("end"))
    if string(began) is None:
        raise Malformed("no start")
    when = epoch(began)
    ports = integer(fields.get("srcport")), integer(fields.get("dstport"))
    carried = protocol(fields.get("protocol"))
    yield from requests(
        Flow(
            time=when,
            ip=source,
            port=ports[0],
            server_ip=server,
            server_port=ports[1],
            protocol=carried,
            bytes_out=integer(fields.get("bytes")),
            packets_out=integer(fields.get("packets")),
            duration=max(epoch(ended) - when, 0) if ended else None,
            ident=ident(
                fields.get("interface_id"), source, ports[0], server, ports[1], carried, when // MICRO
            ),
            refused=str(fields.get("action")).upper() == "REJECT",
        )
    )
