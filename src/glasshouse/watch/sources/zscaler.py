"""Zscaler NSS feeds (web, firewall, DNS) as pairs, JSON or CSV in; http, tls, flow and dns Events out."""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, json_object, text
from glasshouse.watch.parse_gateway import Request, address, json_part, path_of, plain_user, web
from glasshouse.watch.parse_keyvalue import pairs, said, when

TITLE = "Zscaler Internet Access NSS feeds (web, firewall, DNS)"
FORMATS = (
    "pairs of the Splunk feed, separated by tabs or blanks, quotes doubled or not",
    "JSON of Cloud NSS and of virtual NSS, with or without sourcetype and event around it",
    "CSV of the web feed in its default order, or under a header line",
)
CUT = "json"
NEEDLES = (
    rb'\b(cdport|sdport|srv_dport|destport|dport)"?\s*[=:]\s*"{0,2}(43|4321|5432)\b',
    rb"\bb64(url|host)\b",  # names that no needle finds
    rb"(?m)^(\xef\xbb\xbf)?\"?(no|time|datetime|event time|logged time)\b",
)
SPELLINGS = ("json",)
LINKED = False
SEES = ("http", "tls", "dns", "flow")
BLIND = (
    "Without SSL inspection a web record shows the name of a TLS connection and nothing inside it.",
    "An NSS feed holds the fields and records that its filter lets through; the log does not say which.",
    "Firewall records hold names only where the feed has the field for the destination's name.",
)

# https://help.zscaler.com/zia/nss-feed-output-format-web-logs (-firewall-logs, -dns-logs)
_SIGN = re.compile(
    r'"sourcetype"\s*:\s*"zscalernss|\b"?vendor"?\s*[=:]\s*"{0,2}Zscaler\b|\b"?product"?\s*[=:]\s*"{0,2}NSS\b'
)
_KEYS = re.compile(r'\b(tuntype|cdip|csip|dns_req|dns_reqtype|clt_sip|srv_dip)"?\s{0,2}[=:]')
_TOGETHER = ({"tuntype", "cdip"}, {"cdip", "csip"}, {"dns_req", "clt_sip"}, {"dns_req", "srv_dip"})
_CTIME = r'"[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}"'
_CSV = re.compile(rf'{_CTIME},"[^"]*","[A-Z_]{{2,20}}","[^"]*","(?:Allowed|Blocked)')
_HEADER = {"url", "user", "action"}
# The order of the web feed's CSV as it is when nobody changes it.
_ORDER = (
    "time", "login", "protocol", "url", "action", "appname", "appclass", "requestsize", "responsesize",
    "urlclass", "urlsupercategory", "urlcategory", "threatclass", "threatcategory", "threatname", "pagerisk",
    "dlpengine", "dlpdictionaries", "location", "department", "clientip", "serverip", "requestmethod",
    "status", "useragent",
)  # fmt: skip
_LEADING_TIME = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}"
)
_OPAQUE = ("SSL", "TUNNEL", "TUNNEL_SSL", "DNSOVERHTTPS", "QUIC")

_TIMES = ("epochtime", "epoch", "datetime", "time", "logged_time", "event_time")
_USERS = ("user", "login", "elogin", "username", "deviceowner")
_HOSTS = ("devicehostname", "device_hostname", "edevicehostname")
_WEB_CLIENTS = ("cltintip", "cintip", "clientip", "cltip", "cip", "client_internal_ip", "client_ip")
_OTHER_CLIENTS = ("clt_sip", "csip", "cip", "clientip", "client_ip", "source_ip")


def detect(head: bytes) -> int:
    """93 for the names of the vendor or of its fields; 88 for its CSV; not inside CEF or LEEF."""
    lines = [line for line in text(head).splitlines()[:20] if line.strip()]
    if not lines or any(re.search(r"\b(?:CEF|LEEF):\s?\d", line[:400]) for line in lines[:3]):
        return 0
    hits = sum(1 for line in lines if _SIGN.search(line[:8000]) or _named(line[:8000]))
    if hits * 2 >= len(lines):
        return 93
    rows = sum(1 for line in lines if _CSV.search(line[:2000]))
    return 88 if rows and rows * 2 >= len(lines) - 1 else 0


def _named(line: str) -> bool:
    names = set(_KEYS.findall(line))
    return any(together <= names for together in _TOGETHER)


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record; audit, CASB, tunnel and other feeds show no request and give nothing."""
    line = text(record).strip("\r\n")
    if not line.strip(" \t,[]"):
        return
    document = json_part(record)
    if document:
        yield from _event(*_json(document), layout)
    elif _CSV.search(line[:2000]) or layout.fields or _is_header(line):
        yield from _csv(line, layout)
    else:
        row = {name.lower(): value for name, value in pairs(line).items()}
        if len(row) < 4:
            raise Malformed("no Zscaler record: fewer than four pairs")
        found = None if said(row, *_TIMES) else _LEADING_TIME.search(line[:200])
        yield from _event("", {**row, "time": found[0]} if found else row, layout)


def _json(record: bytes) -> tuple[str, dict[str, object]]:
    whole = json_object(record)
    event = whole.get("event")
    inner = event if isinstance(event, dict) else whole
    feed = str(whole.get("sourcetype") or inner.get("sourcetype") or "").lower().removeprefix("zscalernss-")
    return feed, {name.lower(): value for name, value in inner.items()}


def _is_header(line: str) -> bool:
    return {cell.strip().lower() for cell in line.replace('"', "").split(",")} >= _HEADER


def _csv(line: str, layout: Layout) -> Iterator[Event]:
    if _is_header(line):
        layout.fields = tuple(re.sub(r"[^a-z0-9]+", "_", cell.lower()).strip("_") for cell in _cells(line))
        return
    start = 0 if layout.fields else next((found.start() for found in re.finditer(_CTIME, line[:400])), 0)
    cells = _cells(line[start:])
    names = layout.fields or _ORDER
    if len(cells) < len(names):
        raise Malformed(f"{len(cells)} columns, expected {len(names)}")
    yield from _event("web", dict(zip(names, cells, strict=False)), layout)


def _cells(line: str) -> Sequence[str]:
    try:
        return next(csv.reader(io.StringIO(line, newline=""), strict=True), [])
    except csv.Error as problem:
        raise Malformed(f"not CSV: {str(problem)[:80]}") from None


def _event(feed: str, row: Mapping[str, object], layout: Layout) -> Iterator[Event]:
    kind = feed or _feed(row)
    if kind == "dns":
        yield _dns(row, layout)
    elif kind in ("fw", "firewall"):
        yield _firewall(row, layout)
    elif kind == "web":
        yield _web(row, layout)


def _feed(row: Mapping[str, object]) -> str:
    """Which feed a record without sourcetype is of, from the fields it has."""
    if "dns_req" in row or "dns_reqtype" in row:
        return "dns"
    if "cdip" in row or "sdip" in row:
        return "fw"
    return "web" if ("url" in row or "eurl" in row or "b64url" in row) and "fullurl" not in row else "other"


def _base(row: Mapping[str, object], clients: Sequence[str], layout: Layout) -> Event:
    value = said(row, *_TIMES)
    if value is None:
        raise Malformed("no time")
    moment, doubt = when(value, layout, said(row, "tz"))
    return Event(
        via="flow",
        time=moment,
        user=plain_user(unquote(said(row, *_USERS) or "")),
        host=said(row, *_HOSTS),
        ip=next((ip for name in clients if (ip := address(said(row, name))) and ip != "0.0.0.0"), None),  # noqa: S104
        doubt=doubt,
    )


def _dns(row: Mapping[str, object], layout: Layout) -> Event:
    return replace(
        _base(row, _OTHER_CLIENTS, layout),
        via="dns",
        name=said(row, "dns_req", "req", "query", "dns_request"),
        query_type=said(row, "dns_reqtype", "reqtype", "dns_request_type"),
        server_ip=address(said(row, "srv_dip", "sip", "server_ip")),
        server_port=integer(said(row, "srv_dport", "sport")) or 53,
    )


def _firewall(row: Mapping[str, object], layout: Layout) -> Event:
    took = integer(said(row, "durationms"))
    seconds = integer(said(row, "duration"))
    return replace(
        _base(row, _OTHER_CLIENTS, layout),
        name=said(row, "cdfqdn", "ecdfqdn", "cltdomain", "sdfqdn", "client_destination_fqdn"),
        server_ip=address(said(row, "sdip", "cdip", "server_destination_ip")),
        server_port=integer(said(row, "cdport", "sdport", "client_destination_port")),
        bytes_out=integer(said(row, "outbytes")),
        bytes_in=integer(said(row, "inbytes")),
        duration=took * 1000 if took is not None else seconds * 1_000_000 if seconds is not None else None,
    )


def _web(row: Mapping[str, object], layout: Layout) -> Event:
    base = _base(row, _WEB_CLIENTS, layout)
    url = said(row, "url", "eurl") or _plain(said(row, "b64url"))
    method = said(row, "requestmethod", "reqmethod", "request_method")
    host = said(row, "hostname", "ehost", "host") or _plain(said(row, "b64host"))
    inside = (said(row, "protocol", "proto") or "").upper() not in _OPAQUE and said(
        row, "ssldecrypted"
    ) != "No"
    opaque = not inside and path_of(url) in ("", "/")
    event = web(Request(host, url, method, None, opaque), replace(base, proxied=True))
    return replace(
        event,
        status=integer(said(row, "status", "respcode", "response_code")) or None,
        user_agent=unquote(said(row, "useragent", "ua", "eua", "user_agent") or "") or None,
        server_ip=address(said(row, "serverip", "sip", "server_ip")),
        bytes_out=integer(said(row, "requestsize", "reqsize")),
        bytes_in=integer(said(row, "responsesize", "respsize")),
        ident=_ident(row),
    )


def _plain(encoded: str | None) -> str | None:
    """A field that the feed writes in base64."""
    if encoded is None:
        return None
    try:
        return text(base64.b64decode(encoded, validate=True)) or None
    except ValueError:
        raise Malformed("a base64 field is not base64") from None


def _ident(row: Mapping[str, object]) -> str | None:
    number = said(row, "event_id", "recordid", "record_id")
    return number if number not in (None, "0") else None
