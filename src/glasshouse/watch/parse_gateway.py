"""Toolbox of web gateways and firewalls: what one record says of a request in, one Event out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from glasshouse.records import Event
from glasshouse.watch.parse import string
from glasshouse.watch.parse_proxy import url_host

WEB_PORTS = frozenset(("80", "443", "8080", "8443", "3128"))
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://")
_AUTHORITY = re.compile(r"(?:[^/?#@\s]*@)?(\[[0-9A-Fa-f:.]+\]|[^/?#\s:]+)(?::\d{1,5})?(?=[/?#]|$)")
_NAMED_IP = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}$|\[?[0-9a-fA-F]*:[0-9a-fA-F:.]*\]?$", re.ASCII)
# Users of a domain controller's certificate or LDAP name come as "alice,cn=alice".
_LDAP = re.compile(r"(?i),(?:cn|ou|dc)=.*$")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as a gateway logs it; ``opaque`` when the gateway did not look inside TLS."""

    host: str | None
    url: str | None
    method: str | None = None
    port: int | None = None
    opaque: bool = False


def json_part(record: bytes) -> bytes | None:
    """A JSON record, alone or behind a syslog header; None for anything else."""
    if record.lstrip(b"\xef\xbb\xbf[, \t\r\n")[:1] == b"{":
        return record
    at = record.find(b"{", 0, 400)
    if at < 1 or record[at - 1 : at] not in b" :\t" or not record.rstrip().endswith(b"}"):
        return None
    return record[at:]


def web(request: Request, rest: Event) -> Event:
    """The Event of a request: CONNECT has a name only; TLS that nobody looked into is of the kind tls."""
    method = string((request.method or "").upper())
    host = request.host or host_in(request.url)
    if method == "CONNECT" and host:
        name = host if request.port is None or _has_port(host) else f"{host}:{request.port}"
        return replace(rest, via="http", name=name, url=None, method=method)
    via: Literal["http", "tls"] = "tls" if request.opaque and path_of(request.url) in ("", "/") else "http"
    return replace(rest, via=via, name=host, url=request.url, method=None if via == "tls" else method)


def host_in(url: str | None) -> str | None:
    """The host of a URL with or without scheme; None for a path alone."""
    if not url:
        return None
    if _HAS_SCHEME.match(url):
        return url_host(url)
    match = None if url.startswith(("/", "?")) else _AUTHORITY.match(url)
    return match[1] if match else None


def path_of(url: str | None) -> str:
    """What follows the host of a URL, with its query."""
    if not url:
        return ""
    scheme = _HAS_SCHEME.match(url)
    at = re.compile(r"[/?#]").search(url, scheme.end() if scheme else 0)
    return url[at.start() :] if at else ""


def is_address(value: str | None) -> bool:
    """Whether a value is an address, not a name."""
    return bool(value and _NAMED_IP.match(value))


def address(value: str | None) -> str | None:
    """A value if it is an address."""
    return value if is_address(value) else None


def plain_user(value: str | None) -> str | None:
    """An account as logged, without LDAP parts; DOMAIN\\\\user with one backslash."""
    if not value:
        return None
    value = _LDAP.sub("", value)
    return string(re.sub(r"\\+", r"\\", value))


def _has_port(host: str) -> bool:
    return bool(re.search(r":\d{1,5}$", host)) and (host.startswith("[") or host.count(":") == 1)
