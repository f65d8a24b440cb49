"""Zeek dns, http, ssl and conn logs, TSV or JSON: one line in, Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, epoch, integer, iso, json_object, seconds, string, text
from glasshouse.watch.parse_proxy import asked

TITLE = "Zeek dns, http, ssl and conn logs"
FORMATS = (
    "TSV with #fields header, whatever the separator; without one, the columns Zeek always begins with",
    "JSON lines, keys id.orig_h, id_orig_h or nested id",
)
CUT = "lines"
NEEDLES = (
    rb"#(separator|fields|path|unset_field|empty_field)",  # with ^ before it, the sieve takes a third longer
    rb"[\t,;| ](43|4321|5432)[\t,;| ]",
    rb'resp_p"\s*:\s*"?(43|4321|5432)\b',
)
SPELLINGS = ("json", "backslash-x")
LINKED = True
SEES = ("dns", "http", "tls", "flow")
BLIND = (
    "ssl.log shows the server name only: paths, queries and the number of requests are not in it.",
    "conn.log holds no names; without ssl.log or dns.log a connection to port 443 cannot be told apart.",
)

# https://docs.zeek.org/en/current/log-formats.html and .../logs/index.html
_ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
_ASSUMED = " assumed"  # no log has a column of this name
_UNSET = ("-", "(empty)", "")
_BARE = re.compile(  # a record without header: ts, uid, four columns of id, in every log read here
    r"\d{1,11}\.\d{1,6}\t[CF]\w{8,20}\t[0-9a-fA-F.:]{2,45}\t\d{1,5}\t[0-9a-fA-F.:]{2,45}\t\d{1,5}\t"
)
_ID = ("ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p")
_COLUMNS = {
    "dns": ("proto", "trans_id", "rtt", "query", "qclass", "qclass_name", "qtype", "qtype_name"),
    "http": ("trans_depth", "method", "host", "uri", "referrer", "version", "user_agent"),
    "ssl": ("version", "cipher", "curve", "server_name"),
    "conn": ("proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state"),
}
_OWN = frozenset(_ID).union(*_COLUMNS.values())
# Columns that only one log has, where neither #path nor _path names it.
_SIGNS = {
    "dns": ({"qtype_name", "qclass", "query", "TTLs"}, {"trans_id", "AA", "rcode", "qtype", "rtt", "proto"}),
    "http": ({"status_code", "method", "uri", "info_code", "resp_mime_types"}, {"trans_depth", "host"}),
    "ssl": ({"server_name", "cipher", "established", "ssl_history"}, {"version", "resumed", "uid"}),
    "conn": ({"conn_state", "missed_bytes", "orig_ip_bytes"}, {"proto", "history", "id.resp_p"}),
}
Raw = dict[str, Any]


def detect(head: bytes) -> int:
    """95 for a Zeek header or JSON with Zeek's own keys, 80 for TSV without header."""
    if b"#separator \\x" in head[:4096] or (b"#fields" in head[:8192] and b"id.orig_h" in head[:8192]):
        return 95
    first = head.lstrip().split(b"\n", 1)[0]
    if not first.startswith(b"{"):
        return 80 if _BARE.match(text(first)) else 0
    if b'"_path"' in first or b'"id.orig_h"' in first or b'"id_orig_h"' in first:
        return 92
    if b'"certificate.subject"' in first or b'"trans_depth"' in first:
        return 85
    return 90 if b'"orig_h"' in first and b'"uid"' in first else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a header changes the layout, a record gives at most one Event."""
    if record.startswith((b"#", b"\xef\xbb\xbf#")):
        _header(text(record), layout)
        return
    if record.lstrip().startswith((b"{", b"[{", b"[\n", b",{")):
        fields = _flat(json_object(record))
    else:
        fields = _columns(text(record), layout)
    if fields:
        yield from _event(fields, layout)


def _header(line: str, layout: Layout) -> None:
    """``#separator`` comes after a blank, all other header lines use the separator itself."""
    if line.startswith("#separator"):
        layout.separator = _unescape(line[len("#separator") :].strip()) or line[-1:] or "\t"
    elif line.startswith("#fields"):
        layout.separator = line[len("#fields") :][: len(layout.separator)] or "\t"
        layout.fields = tuple(map(_own_name, line.split(layout.separator)[1:]))
    else:
        for name in ("path", "unset_field", "empty_field"):
            if line.startswith(f"#{name}"):
                layout.notes[name] = line[len(name) + 2 :].strip()


def _own_name(name: str) -> str:
    """A field extension keeps the name Zeek's own field has, unless it only stands in front of one."""
    bare = name.removeprefix("meta.")
    return bare if bare in _OWN else name


def _columns(line: str, layout: Layout) -> Raw:
    if not line.strip():
        return {}
    fields = layout.fields or _usual(line)
    values = line.split(layout.separator)
    if layout.fields and len(values) != len(fields):
        raise Malformed(f"{len(values)} columns, the header names {len(fields)}")
    unset = (*_UNSET, layout.notes.get("unset_field", "-"), layout.notes.get("empty_field", "(empty)"))
    row = {name: _unescape(value) for name, value in zip(fields, values, strict=False) if value not in unset}
    return row if layout.fields else {**row, _ASSUMED: "no #fields header: the usual columns assumed"}


def _usual(line: str) -> tuple[str, ...]:
    """The first columns of a headerless record, by what stands in the seventh and eighth."""
    if not _BARE.match(line):
        raise Malformed("a record before any #fields header")
    seventh, eighth = (*line.split("\t")[6:8], "")[:2]
    if seventh in ("tcp", "udp", "icmp", "unknown_transport"):
        kind = "dns" if eighth.isdigit() else "conn"
    elif seventh.isdigit():
        kind = "http"
    elif seventh.startswith(("TLSv", "SSLv", "DTLSv")):
        kind = "ssl"
    else:
        raise Malformed("a record before any #fields header")
    return (*_ID, *_COLUMNS[kind])


def _unescape(value: str) -> str:
    """``\\x2e`` is one byte; several together may be one character of UTF-8."""
    if "\\x" not in value:
        return value
    return _ESCAPES.sub(
        lambda found: bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", "replace"), value
    )


def _flat(record: Raw) -> Raw:
    if isinstance(record.get("id"), dict):
        record = {**record, **{f"id.{key}": value for key, value in record["id"].items()}}
    return {
        _own_name(key.replace("id_", "id.", 1) if key.startswith("id_") else key): value
        for key, value in record.items()
    }


def _event(fields: Mapping[str, Any], layout: Layout) -> Iterator[Event]:
    build = _READERS.get(_kind(fields, layout))
    if build is None:
        return
    when = fields.get("ts")
    if when is None:
        raise Malformed("no ts")
    moment, doubt = iso(when, layout) if isinstance(when, str) and "-" in when[1:] else (epoch(when), None)
    shared = {
        "time": moment,
        "ip": string(fields.get("id.orig_h")),
        "server_ip": string(fields.get("id.resp_h")),
        "server_port": integer(fields.get("id.resp_p")),
        "link": string(fields.get("uid")),
        "doubt": doubt or fields.get(_ASSUMED),
    }
    yield build(fields, shared)


def _kind(fields: Mapping[str, Any], layout: Layout) -> str:
    said = next((fields[key] for key in ("_path", "@stream", "_stream") if fields.get(key)), None)
    said = said or fields.get("meta.stream") or layout.notes.get("path")
    if said:
        return str(said)
    names = {*fields, *layout.fields}
    if "certificate.subject" in names or "mailfrom" in names or "helo" in names:
        return ""
    return next((kind for kind, (sure, also) in _SIGNS.items() if names & sure and names & also), "")


def _dns(fields: Mapping[str, Any], shared: Raw) -> Event:
    """A record with answers and no question type is an answer nobody asked for (mDNS)."""
    name, kind = string(fields.get("query")), string(fields.get("qtype_name"))
    if fields.get("answers") and kind is None and fields.get("qtype") is None:
        name = None
    ident = f"dns {shared['link']} {fields.get('trans_id')} {name} {kind}" if shared["link"] else None
    return Event(via="dns", name=name, query_type=kind, ident=ident, **shared)


def _http(fields: Mapping[str, Any], shared: Raw) -> Event:
    """A record without method holds an answer whose request was not seen."""
    method = string(fields.get("method"))
    name, url = asked(method, string(fields.get("uri")))
    return Event(
        via="http",
        name=name or string(fields.get("host")),
        url=url,
        method=method,
        status=integer(fields.get("status_code")),
        user_agent=string(fields.get("user_agent")),
        user=string(fields.get("username")),
        bytes_out=integer(fields.get("request_body_len")),
        bytes_in=integer(fields.get("response_body_len")),
        ident=f"http {shared['link']} {fields.get('trans_depth')}" if shared["link"] else None,
        proxied=name is not None,
        **shared,
    )


def _ssl(fields: Mapping[str, Any], shared: Raw) -> Event:
    ident = f"ssl {shared['link']}" if shared["link"] else None
    return Event(via="tls", name=string(fields.get("server_name")), ident=ident, **shared)


def _conn(fields: Mapping[str, Any], shared: Raw) -> Event:
    return Event(
        via="flow",
        bytes_out=_first_count(fields, "orig_ip_bytes", "orig_bytes"),
        bytes_in=_first_count(fields, "resp_ip_bytes", "resp_bytes"),
        packets_out=integer(fields.get("orig_pkts")),
        duration=seconds(fields.get("duration")),
        ident=f"conn {shared['link']}" if shared["link"] else None,
        **shared,
    )


def _first_count(fields: Mapping[str, Any], *names: str) -> int | None:
    return next((count for name in names if (count := integer(fields.get(name)))), None)


_READERS = {"dns": _dns, "http": _http, "ssl": _ssl, "conn": _conn}
