"""W3C extended logs (ELFF): header and rows of a web gateway or server in, http Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, epoch, integer, iso, json_object, seconds, string, text
from glasshouse.watch.parse_proxy import asked, connect_name

TITLE = "W3C extended log (Blue Coat, Cloud SWG, IIS container)"
FORMATS = (
    "rows under a #Fields: header (ProxySG main, Cloud SWG, TMG, Cisco WSA W3C)",
    "Cloud SWG rows as JSON with the same names",
    "Edge SWG key=value lines",
)
CUT = "lines"
NEEDLES = (rb"(?m)^(\xef\xbb\xbf)?#",)
SPELLINGS = ("json",)
LINKED = False
SEES = ("http",)
BLIND = (
    "Without TLS inspection a gateway writes one row per tunnel: paths and queries inside it are not shown.",
    "Rows of a web server (IIS) are requests that came in; they show no look-up of ours.",
)

# https://www.w3.org/TR/WD-logfile.html ; names beyond it are those of Blue Coat, Microsoft and Cisco.
_TOKEN = re.compile(r'"((?:[^"]|"")*)"|(\[[^\]]{0,60}\])|(\S+)')
_PAIR = re.compile(r'(?:^|\s)([\w().-]{1,80})=("(?:[^"\\]|\\.)*"|[^\s"]*)')
_PAIRS_START = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d).*? c-ip=")
_PROXY_SIGNS = (
    *(
        "s-action",
        "cs-uri-scheme",
        "sc-filter-result",
        "s-hierarchy",
        "s-supplier-name",
        "s-supplier-ip",
        "r-ip",
    ),
    *("r-host", "cs-categories", "x-resultcode-httpstatus", "s-operation", "cs-auth-group", "cs-uri-host"),
)
_JSON_SIGN = re.compile(rb'"(?:cs-host|cs-uri-scheme|sc-filter-result|x-bluecoat-[a-z-]+)"\s*:')
_USERS = ("cs-username", "cs-userdn", "cs-user", "x-client-user", "cs-auth-user")
_AGENTS = ("cs(user-agent)", "cs-user-agent", "c-agent")
_HOSTS = ("cs-host", "cs-uri-host", "r-host", "x-http-connect-host", "cs(host)")
_URLS = ("cs-uri", "cs-url", "c-uri", "c-url", "cs(url)")
_SERVERS = ("r-ip", "s-supplier-ip", "r-supplier-ip", "cs-uri-address")
_NO_SCHEME = ("tcp", "ssl", "tunnel")


def detect(head: bytes) -> int:
    """92 for a #Fields header with W3C names, 85 for the same names as JSON keys or key=value."""
    start = text(head[:16384]).lstrip()
    for line in start.splitlines()[:40]:
        if re.match(r"#\s*Fields:", line, re.IGNORECASE) and re.search(r"\b(c-|cs-|cs\(|s-|sc-|r-)", line):
            return 92
    if start.startswith("{"):
        return 85 if _JSON_SIGN.search(head[:16384]) and b'"c-ip"' in head[:16384] else 0
    return 85 if _PAIRS_START.match(start) and " cs-host=" in start else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a header changes the layout, a row gives one Event."""
    line = text(record).strip()
    if not line:
        return
    if record.startswith((b"#", b"\xef\xbb\xbf#")):
        _header(line, layout)
        return
    short = False
    if line.startswith("{"):
        row = {key.lower(): said for key, value in json_object(record).items() if (said := string(value))}
    elif not layout.fields and _PAIRS_START.match(line):
        row = _pairs(line)
    else:
        row, short = _columns(line, layout)
    yield _event(row, short, layout)


def _header(line: str, layout: Layout) -> None:
    name, _, said = line.lstrip("# ").partition(":")
    if name.strip().lower() == "fields":
        layout.separator = "\t" if "\t" in said.strip() else " "
        layout.fields = tuple(field.lower() for field in said.split())
    elif name.strip().lower() == "date":
        layout.notes["date"] = said.strip()[:10]


def _columns(line: str, layout: Layout) -> tuple[dict[str, str], bool]:
    if not layout.fields:
        raise Malformed("a row before any #Fields header")
    if layout.separator == "\t":
        values = [value.strip().strip('"') for value in line.split("\t")]
    else:
        values = [_value(match) for match in _TOKEN.finditer(line)]
    if len(values) > len(layout.fields):
        raise Malformed(f"{len(values)} columns, the header names {len(layout.fields)}")
    row = {name: value for name, value in zip(layout.fields, values, strict=False) if string(value)}
    return row, len(values) < len(layout.fields)


def _value(match: re.Match[str]) -> str:
    return match[1].replace('""', '"') if match[1] is not None else match[2] or match[3]


def _pairs(line: str) -> dict[str, str]:
    row = {"timestamp": line[:19]}
    for name, value in _PAIR.findall(line):
        if string(value.strip('"')):
            row.setdefault(name.lower(), value.strip('"'))
    return row


def _event(row: Mapping[str, str], short: bool, layout: Layout) -> Event:
    moment, doubt = _time(row, layout)
    took = _took(row)
    method = string((row.get("cs-method") or row.get("s-operation") or "").upper())
    proxy = any(sign in row or sign in layout.fields for sign in _PROXY_SIGNS)
    name, url = _asked(row, method) if proxy else (None, _path(row))
    if short and not (name or url):
        raise Malformed("cut off before the host")
    if short:
        doubt = "; ".join(filter(None, (doubt, "fewer columns than the header names")))
    status = row.get("sc-status") or row.get("x-resultcode-httpstatus", "").rpartition("/")[2]
    return Event(
        via="http",
        time=moment - (took or 0),
        name=name,
        url=url,
        method=method if method != "UNKNOWN" else None,
        status=integer(status) or None,
        user_agent=_agent(row),
        user=_user(row),
        host=string(row.get("x-client-device-name") or row.get("c-dns")),
        ip=string(row.get("c-ip")),
        server_ip=_first(row, _SERVERS) if proxy else string(row.get("s-ip")),
        server_port=integer(row.get("cs-uri-port") or row.get("r-port"))
        if proxy
        else integer(row.get("s-port")),
        bytes_out=integer(row.get("cs-bytes")),
        bytes_in=integer(row.get("sc-bytes")),
        duration=took,
        proxied=proxy,
        doubt=doubt,
    )


def _time(row: Mapping[str, str], layout: Layout) -> tuple[int, str | None]:
    """W3C times are UTC and tell when the transaction ended."""
    clock = row.get("time", "")
    day = row.get("date") or layout.notes.get("date")
    if day and clock[2:3] == ":":
        moment = iso(f"{day}T{clock}Z", layout)[0]
        return moment, None if row.get("date") else "date taken from the #Date header"
    whole = row.get("timestamp") or row.get("x-timestamp-unix") or clock
    if re.match(r"\d{9,11}(\.\d+)?$", whole, re.ASCII):
        return epoch(whole), None
    if "-" in whole[:5]:
        return iso(whole, layout)
    raise Malformed("no date in the row and no #Date header" if clock else "no time")


def _took(row: Mapping[str, str]) -> int | None:
    """time-taken: whole numbers are milliseconds (Blue Coat, IIS), decimals are seconds (W3C)."""
    said = row.get("time-taken") or row.get("x-elapsed-time") or ""
    length = seconds(said)
    if length is None or length < 0:
        return None
    return length if "." in said else length // 1000


def _asked(row: Mapping[str, str], method: str | None) -> tuple[str | None, str | None]:
    scheme, host = row.get("cs-uri-scheme", "").lower(), _first(row, _HOSTS)
    whole = _first(row, _URLS)
    if not host and whole:
        return asked(method, whole)
    if not host:
        return None, _path(row)
    if method == "CONNECT" or scheme in _NO_SCHEME:
        port = row.get("cs-uri-port")
        return connect_name(f"{host}:{port}" if port else host), None
    if whole and "://" in whole:
        return host, whole
    path = _path(row)
    return host, f"{scheme}://{host}{path or '/'}" if scheme else path


def _path(row: Mapping[str, str]) -> str | None:
    path = row.get("cs-uri-path") or row.get("cs-uri-stem") or ""
    query = row.get("cs-uri-query") or ""
    if query and not query.startswith("?"):
        query = f"?{query}"
    return string(path + query)


def _agent(row: Mapping[str, str]) -> str | None:
    said = _first(row, _AGENTS)
    return said.replace("+", " ") if said and " " not in said and "+(" in said else said


def _user(row: Mapping[str, str]) -> str | None:
    said = _first(row, _USERS)
    return None if said and said.lower() == "anonymous" else said


def _first(row: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((said for name in names if (said := string(row.get(name)))), None)
