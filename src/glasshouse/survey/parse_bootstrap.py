"""RDAP bootstrap files and links in; out the requests to the RDAP servers that they name.

Source of the format: RFC 9224 (``dns``, ``ipv4``, ``ipv6``, ``asn``) and RFC 8521 (``object-tags``, whose
rows have three parts). The server with the longest matching label, tag or prefix is asked, over https only.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from glasshouse import parse
from glasshouse.asking import Reply, Request
from glasshouse.errors import Malformed, ReadError
from glasshouse.survey.parse_names import table, texts, things

HOST = "data.iana.org"
RDAP = "application/rdap+json"
# The same media type for both; the second spelling says that a registrar, not a registry, is asked.
FROM_REGISTRY, FROM_REGISTRAR = (("accept", RDAP),), (("accept", f"{RDAP}, application/json"),)
HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.~-]{0,100}-([A-Z][A-Z0-9]{1,20})")
_PATH = re.compile(r"[A-Za-z0-9/._~:@!&'()*+,;=%-]*")


def first(kind: str) -> Request:
    """The request for one bootstrap file: dns, ipv4, ipv6, asn or object-tags."""
    return Request(host=HOST, path=f"/rdap/{kind}.json", headers=(("accept", "application/json"),))


def is_bootstrap(reply: Reply) -> bool:
    """Whether a reply is a bootstrap file, told by whom was asked."""
    return reply.request.host == HOST


def is_registrar(reply: Reply) -> bool:
    """Whether a registrar was asked, told by the media types that were asked for."""
    return reply.request.headers == FROM_REGISTRAR


def kind_of(value: str) -> str:
    """The bootstrap file for an address or network."""
    return "ipv6" if ":" in value else "ipv4"


def server(reply: Reply, value: str) -> str:
    """The address of the server for a domain, address, network, ``AS`` number or handle, without final slash.

    Raises Malformed for what is no bootstrap file, ReadError when no server is named.
    """
    if reply.status >= 400:
        raise Malformed("the bootstrap file is not there")
    kind = reply.request.path.rpartition("/")[2].removesuffix(".json")
    best, urls = -1, tuple[str, ...]()
    for keys, addresses in _services(reply.body, kind):
        length = max((_length(kind, key, value) for key in keys), default=-1)
        if length > best:
            best, urls = length, addresses
    if best < 0:
        raise ReadError("no registry offers RDAP for it", value, "the whois collector may know it")
    for url in urls:
        if url.lower().startswith("https://") and _request(url, FROM_REGISTRY):
            return url.rstrip("/")
    raise ReadError("its registry offers RDAP without encryption only", value, "ask it by hand")


def query(reply: Reply, value: str, path: str) -> Request | None:
    """The request for one object at the registry that a bootstrap file names; None when it names none."""
    try:
        return _request(f"{server(reply, value)}/{path}", FROM_REGISTRY)
    except (Malformed, ReadError):  # told by read
        return None


def related(reply: Reply, value: str) -> Request | None:
    """The request for the registrar's answer about the same domain, when the registry's names one."""
    try:
        links = things(table(reply.body).get("links"))
    except Malformed:  # told by read
        return None
    for link in links:
        if link.get("rel") != "related" or link.get("type", RDAP) != RDAP:
            continue
        found = _request(str(link.get("href")), FROM_REGISTRAR)
        if found and found.host != reply.request.host and _is_about(found.path, value):
            return found
    return None


def _is_about(path: str, value: str) -> bool:
    return unquote(path).rstrip("/").lower().endswith(f"/domain/{value}")


def _services(body: bytes, kind: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    services = table(body).get("services")
    if not isinstance(services, list) or len(services) > 20_000:
        raise Malformed("not a bootstrap file: no list of services")
    parts = 3 if kind == "object-tags" else 2
    for row in services:
        if not isinstance(row, list) or len(row) != parts or not all(isinstance(one, list) for one in row):
            raise Malformed(f"not a bootstrap file: a service has not {parts} lists")
        yield tuple(one for one in row[-2] if isinstance(one, str)), texts(row[-1])


def _length(kind: str, key: str, value: str) -> int:
    """How much of a value a key covers; -1 when it does not."""
    if kind == "dns":
        label = key.lower().strip(".")
        fits = not label or value == label or value.endswith(f".{label}")
        return label.count(".") + 1 if label and fits else 0 if fits else -1
    if kind == "asn":
        low, _, high = key.partition("-")
        number = value.upper().removeprefix("AS")
        if not all(one.isdecimal() and len(one) < 11 for one in (low, high or low, number)):
            return -1
        width = int(high or low) - int(low)
        return 2**33 - width if int(low) <= int(number) <= int(high or low) else -1
    if kind == "object-tags":
        match = HANDLE.fullmatch(value)
        return 1 if match and match[1] == key.upper() else -1
    return _prefix(key, value)


def _prefix(key: str, value: str) -> int:
    try:
        block, ours = ipaddress.ip_network(key, strict=False), ipaddress.ip_network(value, strict=False)
    except ValueError:
        return -1
    if block.version != ours.version or block.prefixlen > ours.prefixlen:
        return -1
    return block.prefixlen if ours.network_address in block else -1


def _request(url: str, headers: tuple[tuple[str, str], ...]) -> Request | None:
    """A request for an https URL on the usual port; None for any other URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parse.host_name(parts.hostname or "")
    if parts.scheme != "https" or not host or "." not in host or parse.address(host) or "@" in parts.netloc:
        return None
    if port not in (None, 443) or parts.query or not _PATH.fullmatch(parts.path):
        return None
    return Request(host=host, path=parts.path or "/", headers=headers)
