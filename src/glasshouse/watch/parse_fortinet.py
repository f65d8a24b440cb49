"""Toolbox of FortiGate records: pairs under Fortinet's own names, or CEF, in; one Event or None out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, seconds
from glasshouse.watch.parse_gateway import WEB_PORTS, Request, address, is_address, path_of, plain_user, web
from glasshouse.watch.parse_keyvalue import day_and_clock, said, when

Row = Mapping[str, str]

# https://docs.fortinet.com/document/fortigate/7.6.0/fortios-log-message-reference
_TYPES = frozenset(
    ("traffic", "utm", "dns", "webfilter", "app-ctrl", "ips", "virus", "dlp", "waf", "ssl", "file-filter")
)
_PREFIXES = ("FTNTFGT", "FortinetFortiGate", "ad.")
_FROM_CEF = {
    "src": "srcip", "dst": "dstip", "spt": "srcport", "dpt": "dstport", "dhost": "hostname", "request": "url",
    "shost": "srcname", "suser": "user", "duser": "user", "out": "sentbyte", "in": "rcvdbyte",
    "requestClientApplication": "agent", "requestMethod": "httpmethod", "externalId": "sessionid",
    "externalID": "sessionid", "app": "service", "act": "action", "deviceExternalId": "devid",
    "start": "start", "rt": "rt", "tz": "tz",
}  # fmt: skip
_INTERIM = "20"  # last digits of the log id of "still open" traffic records


def from_cef(extension: Row, name: str) -> dict[str, str]:
    """CEF of a FortiGate under Fortinet's own names; the header's name begins with type and subtype."""
    row: dict[str, str] = {}
    for key, value in extension.items():
        if key in _FROM_CEF and value:
            row.setdefault(_FROM_CEF[key], value)
    for key, value in extension.items():
        for prefix in _PREFIXES:
            if key.startswith(prefix):
                row.setdefault(key[len(prefix) :], value)
    for label, own in (("Duration", "duration"), ("Packets Sent", "sentpkt")):
        for number in "123456":
            if extension.get(f"cn{number}Label") == label:
                row.setdefault(own, extension.get(f"cn{number}", ""))
    if row.get("sessionid"):
        row["link"] = f"externalId={row['sessionid']}"
    row["type"], _, subtype = (extension.get("cat") or name.partition(" ")[0]).partition(":")
    row.setdefault("subtype", subtype)
    return row


def fortigate(row: Row, layout: Layout) -> Event | None:
    """One record; None for events of the firewall itself and attacks that name no host."""
    if (said(row, "type") or "").lower() not in _TYPES:
        return None
    base = _base(row, layout)
    if "qname" in row or _kind(row) in ("dns", "dns-query", "dns-response"):
        return _question(row, base)
    host, url = said(row, "hostname", "http_host"), _url(row)
    traffic = row["type"].lower() == "traffic"
    if (host and (url or not traffic)) or (url and not url.startswith("/")):
        return _with_details(web(_request(row, host, url, base), base), row)
    return _flow(row, base) if traffic else None


def _url(row: Row) -> str | None:
    """The URL; FortiADC and FortiWeb tell the query in a field of its own."""
    url, query = said(row, "url", "http_url"), said(row, "http_qry")
    return f"{url}?{query}" if url and query and "?" not in url else url


def _kind(row: Row) -> str:
    return (said(row, "subtype") or said(row, "type") or "").lower()


def _base(row: Row, layout: Layout) -> Event:
    moment, doubt = _time(row, layout)
    source, target = said(row, "srcip", "src"), said(row, "dstip", "dst")
    port, from_port = said(row, "dstport", "dst_port"), said(row, "srcport", "src_port")
    if from_port in WEB_PORTS and port not in WEB_PORTS and said(row, "hostname"):
        source, target, port = target, source, from_port  # an attack in the answer: the server "asks"
    session = said(row, "sessionid")
    named = None if source is None or is_address(source) else source
    return Event(
        via="flow",
        time=moment,
        user=plain_user(said(row, "user", "unauthuser")),
        host=said(row, "srcname") or named,
        ip=address(source),
        server_ip=address(target),
        server_port=integer(port),
        link=row.get("link", f"sessionid={session}") if session and session != "0" else None,
        proxied=said(row, "policytype") in ("proxy-policy", "explicit-proxy")
        or said(row, "subtype") == "http-transaction",
        doubt=doubt,
    )


def _time(row: Row, layout: Layout) -> tuple[int | None, str | None]:
    event = said(row, "eventtime")
    if event and event.isdigit() and event != "0":
        return when(event, layout)
    start = said(row, "start", "rt")
    if start:
        return when(start, layout, said(row, "tz"))
    return day_and_clock(row, layout)


def _question(row: Row, base: Event) -> Event:
    session, number = said(row, "sessionid"), said(row, "xid")
    name = said(row, "qname")
    return replace(
        base,
        via="dns",
        name=name.strip("[]") if name else None,
        query_type=said(row, "qtype"),
        ident=f"{session}/{number}" if session and number else None,
    )


def _request(row: Row, host: str | None, url: str | None, base: Event) -> Request:
    service = (said(row, "service") or "").upper()
    secure = service in ("HTTPS", "SSL", "QUIC") or base.server_port == 443 or _kind(row) == "ssl"
    method = said(row, "httpmethod", "http_method")
    opaque = secure and path_of(url) in ("", "/") and not method
    return Request(host, url, method, base.server_port, opaque)


def _flow(row: Row, base: Event) -> Event:
    """A connection. Records of open ones tell the growth since the last record as "...delta"."""
    interim = (said(row, "logid") or "").endswith(_INTERIM) and "sentdelta" in row
    sent, received = ("sentdelta", "rcvddelta") if interim else ("sentbyte", "rcvdbyte")
    took = seconds(said(row, "durationdelta") if interim else said(row, "duration"))
    return replace(
        base,
        time=base.time - (took or 0) if base.time is not None else None,
        bytes_out=integer(said(row, sent)),
        bytes_in=integer(said(row, received)),
        packets_out=integer(said(row, "sentpktdelta" if interim else "sentpkt")),
        duration=took,
    )


def _with_details(event: Event, row: Row) -> Event:
    """The event with what only requests have: program, sizes, status, and one identity for twins.

    Web filter, application control and intrusion prevention may each write a record of one request.
    """
    session = said(row, "sessionid")
    moment = (event.time or 0) // 1_000_000
    ident = f"{session}/{path_of(event.url)}/{moment}" if event.via == "http" else session
    return replace(
        event,
        user_agent=said(row, "agent", "http_agent"),
        status=integer(said(row, "http_retcode", "statuscode")),
        bytes_out=integer(said(row, "sentbyte")),
        bytes_in=integer(said(row, "rcvdbyte")) or None,
        ident=ident if session and session != "0" else None,
    )
