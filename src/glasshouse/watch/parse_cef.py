"""Toolbox of CEF (ArcSight): a line in, its header and extension, and from them one Event or None out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch import parse_paloalto
from glasshouse.watch.parse import Layout, integer, seconds
from glasshouse.watch.parse_fortinet import fortigate, from_cef
from glasshouse.watch.parse_gateway import Request, address, path_of, plain_user, web
from glasshouse.watch.parse_keyvalue import said, when

# ArcSight Common Event Format, implementation standard, version 26 (0 and 1 on the wire).
START = re.compile(r"(?:^|\bCEF:\s{0,2}|(?<=\s))(?=[01]\|(?:[^|\\]|\\.){0,80}\|)", re.ASCII)
_HEADER = re.compile(r"((?:[^|\\]|\\.)*)\|", re.DOTALL)
_KEY = re.compile(r"(?:^|(?<=[ \t]))([A-Za-z_][\w.\-\[\]]{0,80})=", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r"}
_LABELLED = re.compile(r"(cs|cn|cfp|c6a|flexString|flexNumber)(\d)Label$", re.ASCII)

# The standard calls what the client sent "in"; nearly everybody writes it to "out".
_SENT_IS_IN = ("arcsight",)
_PROXIES = re.compile(
    r"zscaler|netskope|blue ?coat|symantec|proxysg|forcepoint|websense|mcafee web|skyhigh|iboss|menlo|"
    r"squid|iwsva|web security|web gateway|secure web|umbrella|barracuda web|contentgate|sangfor iam",
    re.IGNORECASE,
)
_QUESTION = ("dns query", "query name", "dns question", "queried domain", "dnsname", "dnsquery", "dns domain")
_STATUSES = ("http status", "httpstatus", "status code", "http response", "response code", "httpstatuscode")
_SNI = ("sni", "tls sni", "server name", "tls server name", "server name indication", "servernameindication")
_TLS_APPS = ("ssl", "tls", "https", "quic")


@dataclass(frozen=True, slots=True)
class Cef:
    """One record: header fields unescaped, extension with escapes taken out, custom fields by label."""

    vendor: str
    product: str
    signature: str
    name: str
    extension: Mapping[str, str]
    labelled: Mapping[str, str]


def cef(line: str) -> Cef:
    """The record of a line, whatever stands before ``CEF:``. Raises Malformed for a cut header."""
    start = START.search(line)
    if not start:
        raise Malformed("no CEF header")
    fields: list[str] = []
    at = start.end()
    while len(fields) < 7:
        match = _HEADER.match(line, at)
        if not match:
            raise Malformed(f"CEF header ends after {len(fields)} of 7 fields")
        fields.append(_unescaped(match[1]))
        at = match.end()
    extension = extensions(line[at:])
    return Cef(fields[1], fields[2], fields[4], fields[5], extension, _labelled(extension))


def extensions(body: str) -> dict[str, str]:
    """The extension; a value reaches to the blank before the next key, an equals sign in it is escaped."""
    keys = list(_KEY.finditer(body))
    ends = [*(key.start() for key in keys[1:]), len(body)]
    found: dict[str, str] = {}
    for key, end in zip(keys, ends, strict=False):
        found.setdefault(key[1], _unescaped(body[key.end() : end].strip()))
    return found


def event_of(record: Cef, layout: Layout) -> Event | None:
    """The Event of a request, a question or a connection; None for records of other kinds."""
    vendor = record.vendor.lower()
    if vendor == "fortinet" and record.product.lower().startswith("fortigate"):
        return fortigate(from_cef(record.extension, record.name), layout)
    if vendor.startswith("palo alto"):
        found = parse_paloalto.row_of_cef(record.signature, record.name, record.extension, layout)
        return parse_paloalto.event_of(found) if found else None
    row = record.extension
    base = _base(record, layout)
    question = _question(record)
    if question:
        return replace(base, via="dns", name=question, query_type=_kind_of_question(record))
    request = _request(record)
    if request:
        event = web(request, base)
        return replace(event, user_agent=said(row, "requestClientApplication"), status=_status(record))
    connection = said(row, "dpt", "destinationTranslatedPort") and base.server_ip
    return base if connection and said(row, "proto", "app", "transportProtocol") else None


def _base(record: Cef, layout: Layout) -> Event:
    row = record.extension
    moment, doubt = _time(row, layout)
    in_is_sent = record.vendor.lower() in _SENT_IS_IN
    sent, received = ("in", "out") if in_is_sent else ("out", "in")
    return Event(
        via="flow",
        time=moment,
        user=_user(row),
        host=said(row, "shost", "sourceHostName"),
        ip=address(said(row, "src", "c6a2", "sourceAddress")),
        process=said(row, "sproc"),
        server_ip=address(said(row, "dst", "c6a3", "destinationAddress")),
        server_port=integer(said(row, "dpt")),
        bytes_out=integer(said(row, sent)),
        bytes_in=integer(said(row, received)),
        duration=seconds(record.labelled.get("sessionduration") or record.labelled.get("duration")),
        proxied=bool(_PROXIES.search(f"{record.vendor} {record.product}")),
        doubt=doubt,
    )


def _time(row: Mapping[str, str], layout: Layout) -> tuple[int | None, str | None]:
    """The time the act began, else that of the record."""
    value = said(row, "start", "rt", "end", "deviceReceiptTime")
    if value is None:
        return None, "the record tells no time"
    return when(value, layout, said(row, "dtz"))


def _user(row: Mapping[str, str]) -> str | None:
    name = said(row, "suser", "suser0", "sourceUserName", "suid")
    domain = said(row, "sntdom")
    if name and domain and "\\" not in name and "@" not in name:
        name = f"{domain}\\{name}"
    return plain_user(name)


def _question(record: Cef) -> str | None:
    row = record.extension
    labelled = next((record.labelled[name] for name in _QUESTION if record.labelled.get(name)), None)
    if labelled:
        return labelled
    if said(row, "dpt") == "53" or (said(row, "app") or "").lower() == "dns":
        return said(row, "destinationDnsDomain", "query", "qname", "dhost")
    return None


def _kind_of_question(record: Cef) -> str | None:
    kinds = ("query type", "qtype", "dnsquerytype", "record type")
    return said(record.extension, "qtype") or next(
        (record.labelled[name] for name in kinds if record.labelled.get(name)), None
    )


def _request(record: Cef) -> Request | None:
    """What was asked for. A destination's name alone may be a reverse name: it needs a sign of a request."""
    row = record.extension
    url = said(row, "request", "requestURL", "requestUrl")
    method = said(row, "requestMethod")
    app = (said(row, "app") or "").lower()
    host = said(row, "dhost", "destinationDnsDomain", "destinationHostName")
    sni = next((record.labelled[name] for name in _SNI if record.labelled.get(name)), None)
    proxy = bool(_PROXIES.search(f"{record.vendor} {record.product}"))
    if not (url or sni or method or proxy or said(row, "requestClientApplication")):
        return None
    host = sni or host
    if not url and not host:
        return None
    secure = bool(sni) or app in _TLS_APPS or said(row, "dpt") == "443"
    opaque = secure and not method and path_of(url) in ("", "/")
    return Request(host, url, method, integer(said(row, "dpt")), opaque)


def _status(record: Cef) -> int | None:
    for name in _STATUSES:
        status = integer(record.labelled.get(name))
        if status:
            return status
    status = integer(said(record.extension, "outcome"))
    return status if status and 100 <= status <= 599 else None


def _labelled(extension: Mapping[str, str]) -> dict[str, str]:
    """Custom fields by what their label says, in small letters: cs1=x cs1Label=Rule gives rule=x."""
    found: dict[str, str] = {}
    for name, label in extension.items():
        match = _LABELLED.match(name)
        value = extension.get(f"{match[1]}{match[2]}") if match else None
        if value:
            found.setdefault(label.strip().lower(), value)
    return found


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), value) if "\\" in value else value
