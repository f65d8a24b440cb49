"""Netskope transaction events (W3C rows) and page, application and network events (JSON) in; Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, iso, json_object, text
from glasshouse.watch.parse_gateway import Request, address, json_part, path_of, plain_user, web
from glasshouse.watch.parse_keyvalue import said, when

TITLE = "Netskope (transaction, page, application, connection and network events)"
FORMATS = (
    "transaction events, formats 1 to 5: rows under a #Fields: header, also as JSON with the same names",
    "events of REST API v1 and v2 and of Cloud Exchange as JSON, one a line or in an array",
)
CUT = "json"
NEEDLES = (rb"(?m)^(\xef\xbb\xbf)?#", rb'"dst_?port"\s*:\s*"?(43|4321|5432)\b')
SPELLINGS = ("json",)
LINKED = False
SEES = ("http", "tls", "flow")
BLIND = (
    "A page event stands for a page with all its requests, an application event for one act in it.",
    "Connections that a policy or an exception lets pass undecrypted show their name and nothing inside.",
    "What client and steering configuration send past Netskope is in none of its logs.",
)

# https://docs.netskope.com/en/transaction-event-fields/
_FIELDS = re.compile(
    r"#\s*Fields:.{0,4000}\bx-cs-(?:access-method|app|page-id|userip|traffic-type|tunnel-id)\b", re.IGNORECASE
)
_JSON_ROW = re.compile(r'"x-(?:cs-(?:access-method|app|page-id|traffic-type|tunnel-id)|transaction-id)"\s*:')
# https://docs.netskope.com/en/get-events-data/ ; two of these beside each other no other format has.
_KEYS = re.compile(
    r'"(?:access_method|traffic_type|ur_normalized|netskope_pop|organization_unit|userkey|bypass_traffic|'
    r"appcategory|src_geoip_src|dst_geoip_src|ccl|insertion_epoch_timestamp|http_transaction_count|"
    r'network_session_id|publisher_name|tunnel_id|app_session_id|suppression_key|_insertion_epoch_timestamp)"\s*:'
)
_OWN = (
    *("access_method", "traffic_type", "ur_normalized", "netskope_pop", "network_session_id"),
    "bypass_traffic",
)
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(\S+)')
_REQUESTS = ("page", "connection", "nspolicy", "application", "malsite", "malware", "policy", "dlp", "uba")
_PORTS = {"http": 80, "https": 443}


def detect(head: bytes) -> int:
    """95 for a transaction header, 93 for the keys of the events."""
    first = json_part(head.partition(b"\n")[0])
    start = text(first or head).lstrip("\ufeff \t\r\n[")
    if _FIELDS.search(start[:16384]):
        return 95
    if start.startswith("{"):
        if _JSON_ROW.search(start):
            return 95
        named = {match.group() for match in _KEYS.finditer(start)}
        sure = any(f'"{name}"' in start for name in _OWN)
        return 93 if sure and len(named) >= 3 else 0
    return 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One row, header or JSON record; audit and infrastructure events give nothing."""
    line = text(record).strip()
    if not line.strip(" \t,[]"):
        return
    if line.startswith("#"):
        name, _, fields = line.lstrip("# ").partition(":")
        if name.strip().lower() == "fields":
            layout.fields = tuple(field.lower() for field in fields.split())
        return
    document = json_part(record)
    if document:
        row = {name.lower(): value for name, value in json_object(document).items()}
        event = _transaction(row, layout) if _is_transaction(row) else _rolled_up(row, layout)
    else:
        event = _transaction(_columns(line, layout), layout)
    if event:
        yield event


def _columns(line: str, layout: Layout) -> dict[str, str]:
    if not layout.fields:
        raise Malformed("a row before any #Fields header")
    tabs = "\t" in line
    quoted = [("", cell.strip('" ')) for cell in line.split("\t")] if tabs else _TOKEN.findall(line)
    values = [inside.replace('""', '"') or plain for inside, plain in quoted]
    if len(values) != len(layout.fields):
        raise Malformed(f"{len(values)} columns, the header names {len(layout.fields)}")
    return dict(zip(layout.fields, values, strict=True))


def _is_transaction(row: Mapping[str, object]) -> bool:
    return any(name in row for name in ("x-cs-access-method", "cs-uri-scheme", "cs-host", "x-cs-timestamp"))


def _transaction(row: Mapping[str, object], layout: Layout) -> Event:
    """One HTTP request, or one TLS connection that was let pass. Times are UTC."""
    moment, doubt = _time(row, layout)
    took = integer(said(row, "time-taken"))
    method = said(row, "cs-method")
    scheme = (said(row, "cs-uri-scheme") or "").lower()
    host = said(row, "cs-host", "x-cs-sni", "cs-dns")
    port = integer(said(row, "cs-uri-port"))
    base = Event(
        via="http",
        time=moment,
        user=plain_user(said(row, "cs-username")),
        host=said(row, "x-c-hostname", "x-cs-hostname"),
        ip=address(said(row, "x-cs-userip", "x-cs-src-ip", "c-ip")),
        server_ip=address(said(row, "s-ip", "x-cs-dst-ip")),
        server_port=port or _PORTS.get(scheme),
        bytes_out=integer(said(row, "cs-bytes")),
        bytes_in=integer(said(row, "sc-bytes")),
        duration=took * 1000 if took is not None else None,
        ident=_ident(row),
        proxied=True,
        doubt=doubt,
    )
    path = said(row, "cs-uri", "x-cs-uri-path")
    url = said(row, "x-cs-url") or _whole(scheme, host, path, said(row, "cs-uri-query"))
    url = None if url == "*" else url
    opaque = (not method or said(row, "x-ssl-bypass") == "Yes") and path_of(url) in ("", "/")
    event = web(Request(host, url, method, port, opaque), base)
    return replace(
        event,
        status=integer(said(row, "sc-status", "rs-status")) or None,
        user_agent=said(row, "cs-user-agent", "cs(user-agent)"),
    )


def _ident(row: Mapping[str, object]) -> str | None:
    parts = [said(row, "x-transaction-id"), said(row, "x-request-id")]
    return "/".join(part for part in parts if part and part != "0") or None


def _time(row: Mapping[str, object], layout: Layout) -> tuple[int, str | None]:
    epoch = said(row, "x-cs-timestamp")
    if epoch and epoch.isdigit():
        return when(epoch, layout)
    day, clock = said(row, "date"), said(row, "time")
    if not day or not clock:
        raise Malformed("no time")
    return iso(f"{day}T{clock}Z", layout)


def _whole(scheme: str, host: str | None, path: str | None, query: str | None) -> str | None:
    """The URL: path and query are fields of their own."""
    if path and "://" in path[:24]:
        return path
    if not host or not scheme:
        return path
    asked = path or "/"
    if query and "?" not in asked:
        asked = f"{asked}?{query.removeprefix('?')}"
    return f"{scheme}://{host}{asked if asked.startswith('/') else '/' + asked}"


def _rolled_up(row: Mapping[str, object], layout: Layout) -> Event | None:
    kind = (said(row, "type", "event_type", "record_type") or "").lower()
    url, site = said(row, "url", "page"), said(row, "domain", "dsthost")
    network = kind == "network" or "network_session_id" in row or "ip_protocol" in row
    if (said(row, "access_method") or "").startswith("API"):
        return None  # told by the application's provider: no request was seen
    if not network and kind not in _REQUESTS and not said(row, "page_id", "connection_id"):
        return None
    if not url and not site and not said(row, "dstip"):
        return None
    base = _base(row, layout)
    if network:
        return replace(base, name=site if not address(site) else None, proxied=False)
    event = web(_request(row, url, site), base)
    return replace(
        event,
        status=integer(said(row, "resp_status", "http_status")) or None,
        user_agent=said(row, "useragent", "user_agent"),
    )


def _request(row: Mapping[str, object], url: str | None, site: str | None) -> Request:
    """Bypassed connections were not looked into; "page" is the site without path where there is no URL."""
    bypassed = (said(row, "bypass_traffic") or "no").lower() in ("yes", "true")
    opaque = bypassed or said(row, "ssl_decrypt_policy") == "no"
    return Request(site, url, said(row, "method"), integer(said(row, "dstport")), opaque)


def _base(row: Mapping[str, object], layout: Layout) -> Event:
    value = said(row, "timestamp", "conn_starttime", "start_time", "_insertion_epoch_timestamp")
    if value is None:
        raise Malformed("no time")
    moment, doubt = when(value, layout)
    took = integer(said(row, "conn_duration", "session_duration"))
    return Event(
        via="flow",
        time=moment,
        user=plain_user(said(row, "user", "userkey", "ur_normalized")),
        host=said(row, "hostname"),
        ip=address(said(row, "userip", "srcip")),
        server_ip=address(said(row, "dstip")),
        server_port=integer(said(row, "dstport")),
        bytes_out=integer(said(row, "client_bytes")),
        bytes_in=integer(said(row, "server_bytes")),
        packets_out=integer(said(row, "client_packets")),
        duration=took * 1_000_000 if took is not None else None,
        process=said(row, "process_name"),
        ident=said(row, "_id", "transaction_id"),
        proxied=True,
        doubt=doubt,
    )
