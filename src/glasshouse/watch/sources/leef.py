"""LEEF lines of any vendor, behind any syslog header, in; http, tls, dns and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, seconds, text
from glasshouse.watch.parse_gateway import WEB_PORTS, Request, address, path_of, plain_user, web
from glasshouse.watch.parse_keyvalue import said, when

TITLE = "Log Event Extended Format (LEEF 1.0 and 2.0)"
FORMATS = (
    "LEEF:1.0, attributes separated by tabs (PAN-OS: by bars)",
    "LEEF:2.0, attributes separated by what the header says: a character, or 0x and x with hex digits",
)
CUT = "lines"
NEEDLES = (rb"\bdstPort=(43|4321|5432)\b",)
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("http", "tls", "dns", "flow")
BLIND = (
    "LEEF holds what its vendor chose to map: many leave out the URL, the user agent or the account.",
    "A request for the root of a site over TLS stands for a connection: what it asked inside is not shown.",
    "The format of devTime is a Java pattern; where it names no zone the time is local.",
)

# https://www.ibm.com/docs/en/dsm?topic=leef-overview
_START = re.compile(r"\bLEEF:\s?(?P<version>[12](?:\.\d)?)\|")
_HEX = re.compile(r"(?:0x|\\x|x)([0-9A-Fa-f]{1,4})$")
_ATTRIBUTE = re.compile(r"([^=\s|]{1,100})=(.*)", re.DOTALL)
_LOOSE = re.compile(r"(?:^|(?<=[\s|^]))([A-Za-z][\w.\- ]{0,60}?)=")
_BARS = re.compile(r"\|[A-Za-z][\w.\-]{0,60}=")  # PAN-OS separates the attributes of version 1.0 by bars
_PROXIES = re.compile(
    r"zscaler|netskope|blue ?coat|forcepoint|websense|mcafee|skyhigh|iboss|menlo|web ?gateway", re.IGNORECASE
)
_TLS = ("ssl", "tls", "https", "quic", "tunnel")
_URLS = ("url", "request", "requesturl", "uri", "fullurl")


@dataclass(frozen=True, slots=True)
class _Leef:
    vendor: str
    product: str
    event_id: str
    row: Mapping[str, str]  # keys in small letters


def detect(head: bytes) -> int:
    """95 when most of the first lines hold a LEEF header."""
    lines = [line for line in text(head).splitlines()[:40] if line.strip()]
    hits = sum(1 for line in lines if _START.search(line[:2000]) and not line.lstrip().startswith("{"))
    return 95 if hits and hits * 2 >= len(lines) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line; raises Malformed for a header that is cut."""
    line = text(record)
    if not line.strip():
        return
    said_all = _leef(line)
    event = _event(said_all, layout)
    if event:
        yield event


def _leef(line: str) -> _Leef:
    start = _START.search(line)
    if not start:
        raise Malformed("no LEEF header")
    rest = line[start.end() :]
    parts = rest.split("|", 4)
    if len(parts) < 5:
        raise Malformed(f"LEEF header ends after {len(parts)} of 5 fields")
    body = parts[4]
    if start["version"].startswith("2"):
        separator, body = _separator(body)
    else:
        separator = "\t" if "\t" in body or not _BARS.search(body) else "|"
    row: dict[str, str] = {}
    for piece in body.split(separator):
        match = _ATTRIBUTE.match(piece.strip())
        if match:
            row.setdefault(match[1].lower(), match[2].strip())
    if len(row) < 2 and body.count("=") > 2:
        row = _loose(body)
    return _Leef(parts[0], parts[1], parts[3], row)


def _separator(body: str) -> tuple[str, str]:
    """The separator of LEEF 2.0 and the attributes; some senders leave its field empty or out."""
    first, bar, rest = body.partition("|")
    match = _HEX.match(first)
    if bar and match:
        return chr(int(match[1], 16)), rest
    if bar and len(first) <= 1:
        return first or "\t", rest
    return "\t", body


def _loose(body: str) -> dict[str, str]:
    """Attributes whose tabs a collector turned to blanks: a value reaches to the next key."""
    keys = list(_LOOSE.finditer(body))
    ends = [*(key.start() for key in keys[1:]), len(body)]
    found: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=False):
        found.setdefault(key[1].strip().lower(), body[key.end() : end].strip())
    return found


def _event(leef: _Leef, layout: Layout) -> Event | None:
    row = leef.row
    base = _base(leef, layout)
    question = said(row, "query", "queryname", "dnsquery", "qname", "dns_req", "dnsname")
    if question:
        kind = said(row, "querytype", "qtype", "dns_reqtype")
        return replace(base, via="dns", name=question, query_type=kind)
    request = _request(leef)
    if request:
        return replace(
            web(request, base),
            user_agent=said(row, "useragent", "user_agent", "requestclientapplication"),
            status=integer(said(row, "status", "respcode", "httpstatus", "responsecode")) or None,
        )
    return base if base.server_ip and base.server_port else None


def _request(leef: _Leef) -> Request | None:
    row = leef.row
    url = said(row, *_URLS)
    if not url and said(row, "subtype") == "url":
        url = (said(row, "miscellaneous", "misc") or "").strip('\\"') or None
    host = said(row, "hostname", "desthost", "dsthost", "host", "dhost") if url else None
    if not url:
        return None
    method = said(row, "requestmethod", "method", "httpmethod", "reqmethod")
    app = (said(row, "appproto", "proto", "application", "service") or "").lower()
    secure = app in _TLS or (said(row, "dstport") == "443" and app not in ("http", *WEB_PORTS))
    opaque = secure and app != "https" and not method and path_of(url) in ("", "/")
    return Request(host, url, method, integer(said(row, "dstport")), opaque)


def _base(leef: _Leef, layout: Layout) -> Event:
    row = leef.row
    value, zone = (
        said(row, "devtime", "starttime", "eventtime", "receivetime"),
        said(row, "tz", "devtimezone"),
    )
    moment, doubt = when(value, layout, zone) if value else (None, "the record tells no time")
    took = seconds(said(row, "elapsedtime", "duration"))
    if moment is not None and said(row, "elapsedtime"):
        moment -= took or 0  # PAN-OS writes the record when the session has ended
    return Event(
        via="flow",
        time=moment,
        user=plain_user(said(row, "usrname", "username", "user", "identusername", "sourceuser")),
        host=said(row, "identhostname", "devicehostname", "srchost", "shost"),
        ip=address(said(row, "src", "identsrc", "srcip")),
        server_ip=address(said(row, "dst", "dstip")),
        server_port=integer(said(row, "dstport")),
        bytes_out=integer(said(row, "srcbytes")),
        bytes_in=integer(said(row, "dstbytes")),
        packets_out=integer(said(row, "srcpackets")),
        duration=took,
        proxied=bool(_PROXIES.search(f"{leef.vendor} {leef.product}")),
        doubt=doubt,
    )
