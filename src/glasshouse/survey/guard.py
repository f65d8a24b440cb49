"""Subjects, requests, hosts and addresses in; why one must not be asked, or where to ask, out."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.leaf import Collector
from glasshouse.settings import Survey

# IANA's registries of special-purpose addresses (RFC 6890): nothing there is a provider on the internet.
_V4 = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
_V6 = "2001::/23 2001:db8::/32 2002::/16 3fff::/20"
_CLOSED_V4 = tuple(ipaddress.IPv4Network(one) for one in _V4.split())
_CLOSED_V6 = tuple(ipaddress.IPv6Network(one) for one in _V6.split())
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 5.6.2
_OURS = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "user-agent",
    "accept-encoding",
    "cookie",
}
_NAMED = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_LONGEST_LINE = 512
_READ = 1024 * 1024  # bytes of a reply in which hosts are looked for
_PORTS = {"https": 443, "http": 80, "whois": 43, "dns": 53, "axfr": 53}


def address(said: str) -> str:
    """Why an address must not be connected to; empty when it is a public one."""
    try:
        one = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return "no address"
    if isinstance(one, ipaddress.IPv6Address) and one in _NAT64:
        one = ipaddress.IPv4Address(int(one) & 0xFFFF_FFFF)
    if isinstance(one, ipaddress.IPv4Address):
        closed = any(one in net for net in _CLOSED_V4)
    else:
        closed = one not in _GLOBAL_V6 or any(one in net for net in _CLOSED_V6)
    return f"{said} is no public address" if closed else ""


def subject(one: Subject, leaf: Collector) -> str:
    """Why a subject is not asked about here; empty when it may be."""
    if one.type not in (leaf.SUBJECTS or ("reference",)):
        return f"is not asked about a {one.type}"
    value = one.value
    if _CONTROL.search(value) or "${" in value or len(value) > _LONGEST_LINE:
        return f"not a {one.type} that can be asked about"
    right = {
        "domain": parse.host_name(value) is not None,
        "hostname": parse.host_name(value) is not None,
        "ip": parse.address(value) == value.lower(),
        "cidr": parse.network(value) is not None,
        "asn": bool(re.fullmatch(r"(?:AS)?\d{1,10}", value, re.ASCII | re.IGNORECASE)),
        "certificate": bool(re.fullmatch(r"[0-9A-Fa-f:]{2,191}", value)),
        "organisation": bool(value.strip()),
        "reference": value == "",
    }[one.type]
    return "" if right else f"not a {one.type} that can be asked about"


def request(one: Request) -> str:
    """Why a request must not be sent: a host that is no name, or text that breaks out of its place."""
    if one.host and host(one.host) is None:
        return "the host is no name"
    if not one.host and one.transport in ("https", "whois"):
        return "no host"
    texts = [one.path, *(text for pair in (*one.query, *one.headers) for text in pair)]
    if any(_CONTROL.search(text) for text in texts):
        return "control characters in a request"
    if one.transport == "https":
        return _http(one)
    if not one.path.strip() or len(one.path) > _LONGEST_LINE:
        return "an empty or endless question"
    return "" if one.transport == "whois" or one.path.isascii() else "a name that is not ASCII"


def _http(one: Request) -> str:
    if not one.path.startswith("/") or re.search(r"[?#\\]|/\.\.?(/|$)", one.path):
        return "a path that leaves its place"
    for name, value in one.headers:
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS or not value.isascii():
            return "a header that must not be sent"
    return ""


def host(said: str) -> str | None:
    """A host in one spelling: a name (lower case, punycode) or an address; None when it is neither."""
    return parse.address(said.strip("[]")) or parse.host_name(said)


@dataclass(slots=True)
class Referrals:
    """Which hosts one conversation may ask: those of the collector, and those that replies named."""

    fixed: frozenset[str]
    deepest: int
    depths: dict[str, int] = field(default_factory=dict)  # of every host that was named

    def depth(self, said: str) -> int | None:
        """How many replies led to this host; 0: it is the collector's own. None: nobody named it."""
        return 0 if said in self.fixed else self.depths.get(said)

    def heard(self, reply: Reply, asked: str) -> None:
        """Note the hosts a reply names: in its body, or where it redirects to."""
        deeper = (self.depth(asked) or 0) + 1
        if deeper > self.deepest:
            return
        where = dict(reply.headers).get("location", "").encode("utf-8", "replace")
        for name in set(_NAMED.findall(reply.body, 0, _READ)) | set(_NAMED.findall(where)):
            word = name.decode("ascii").lower()
            self.depths[word] = min(deeper, self.depths.get(word, deeper))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: a host name or address and its port; ``own``: the settings name it."""

    name: str
    port: int
    scheme: str = "https"
    own: bool = False

    @property
    def authority(self) -> str:
        """As the Host header writes it."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == _PORTS.get(self.scheme) else f"{name}:{self.port}"


def place(collector: str, one: Request, survey: Survey) -> Place | str:
    """Where a request goes, or why it cannot go anywhere. An empty name: the system's resolver."""
    web = one.transport == "https"
    if not one.host and one.transport == "dns" and survey.resolver:
        return _near(survey.resolver, one.transport)
    for word in survey.endpoints.get(collector, "").split():
        if ("://" in word) == web:
            return _endpoint(word) if web else _near(word, one.transport)
    if not one.host and one.transport == "axfr":
        said = survey.name_servers.get(one.path.rstrip(".").lower(), "")
        return _near(said, one.transport) if said else "no name server is named in survey.name_servers"
    return Place(host(one.host) or "", _PORTS[one.transport], one.transport)


def _endpoint(said: str) -> Place | str:
    try:
        parts = urlsplit(said)
        name, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        name, port = "", 0
    if not name or not port or parts.path.strip("/") or "@" in parts.netloc:
        return "survey.endpoints is not scheme://host:port"
    if parts.scheme not in ("http", "https"):
        return "survey.endpoints is not scheme://host:port"
    if parts.scheme == "http" and name not in ("127.0.0.1", "::1", "localhost"):
        return "survey.endpoints: http only on this machine, https elsewhere"
    return Place(name, port, parts.scheme, own=True)


def _near(said: str, transport: str) -> Place | str:
    """A server of our own as ``address``, ``address:port`` or ``[address]:port``."""
    found = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?|([^:\s]+)(?::(\d+))?|([0-9A-Fa-f:.]+)", said)
    name = host((found[1] or found[3] or found[5]) if found else "")
    port = int((found[2] or found[4] or _PORTS[transport]) if found else 0)
    if name is None or not 0 < port < 65_536:
        return f"{said!r} in the settings is no address of a server"
    return Place(name, port, transport, own=True)
