"""An Event in, the lookups it stands for out: which open database, about what, by what, with which key."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from glasshouse.catalogue import Catalogue, OpenDatabase
from glasshouse.errors import Malformed
from glasshouse.records import Actor, Client, Event, Lookup, Requests, Target, Via
from glasshouse.watch import runs, targets
from glasshouse.watch.clean import Url, address_of, host_of, redact, split_url
from glasshouse.watch.client import Clients
from glasshouse.watch.keys import key_in
from glasshouse.watch.names import Names
from glasshouse.watch.targets import Marks, Own
from glasshouse.watch.volume import requests_in

WHOIS_PORTS = (43, 4321)
WHOIS = "whois-port43"
# Questions that mail servers and resolvers ask about a name: nobody looks anything up there.
PLUMBING = frozenset(("MX", "NS", "SOA", "DS", "DNSKEY", "CAA", "PTR", "SPF", "TLSA", "TXT", "SRV", "NAPTR"))
# What a browser fetches to draw a page; none of it asks the database anything.
_PAGE_PARTS = (
    ".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".ico", ".svg", ".webp", ".woff",
    ".woff2", ".ttf",
)  # fmt: skip
_INSIDE = [
    ipaddress.ip_network(each)
    for each in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "fe80::/10",
    )
] + [ipaddress.ip_network(each) for each in ("fc00::/7", "::1/128", "224.0.0.0/4", "ff00::/8")]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from: log format, file, position of the record in it, hash of its bytes."""

    source: str
    file: str
    position: int
    record_sha256: str


class Matcher:
    """Decides exactly which events are lookups."""

    def __init__(self, catalogue: Catalogue, own: Marks | None, fingerprint: Callable[[str], str]) -> None:
        self.catalogue = catalogue
        self.own: Marks = own or Own()
        self.fingerprint = fingerprint
        self.names = Names(catalogue)
        self.clients = Clients(catalogue)
        self._runs = runs.Runs(catalogue, self.names, self.clients)

    def lookups(self, event: Event, origin: Origin) -> list[Lookup]:
        """The lookups of an event, none for most. Raises Malformed for a lookup without a usable time."""
        found = self._process(event) if event.via == "process" else self._asked(event)
        if found and event.time is None:
            raise Malformed("record has no usable time")
        return [self._lookup(event, origin, each) for each in found]

    def _asked(self, event: Event) -> list[runs.Found]:
        url = _url(event)
        host, entry = self._entry(event, url)
        if entry is None or _inbound(event, self.own):
            return []
        found = self._targets(event, entry, host, url)
        part = bool(url and url.path.lower().endswith(_PAGE_PARTS))
        if part:  # /favicon.ico is no domain, although it stands where one stands
            found = [one for one in found if not one.value.lower().endswith(_PAGE_PARTS)]
        if _asks_again(event) or (part and not found):
            return []
        secret = key_in(entry, url) if url else None
        return [runs.Found(entry, found, self._client(event), secret, host)]

    def _entry(self, event: Event, url: Url | None) -> tuple[str | None, OpenDatabase | None]:
        port = (
            event.server_port or (url.port if url else None) or {"dns": 43, "whois": 43}.get(event.via, 443)
        )
        names = (host_of(url.host) if url else None, host_of(event.name))
        for host in names:
            entry = self.names.entry(host, url, port) if host else None
            if entry is not None and (event.via != "dns" or _asks_address(event, entry)):
                return host, entry
        if event.via == "whois" or (
            event.via == "flow" and event.server_port == 43 and _says_something(event)
        ):
            return names[1], self.catalogue.databases.get(WHOIS)
        return None, None

    def _targets(self, event: Event, entry: OpenDatabase, host: str | None, url: Url | None) -> list[Target]:
        if event.payload:
            return targets.of_text(entry, event.payload)
        if event.via == "dns":
            return targets.of_name(entry, host or "")
        if url is None or (event.method or "").upper() == "CONNECT":
            return []
        return targets.of_url(entry, url._replace(host=host or url.host), event.body)

    def _client(self, event: Event) -> Client:
        if event.command_line and not event.user_agent:
            return self._runs.client(event.process, event.command_line)
        return self.clients.of(event.user_agent, event.process)

    def _process(self, event: Event) -> list[runs.Found]:
        return self._runs.found(event.process, event.command_line or event.process or "")

    def _lookup(self, event: Event, origin: Origin, found: runs.Found) -> Lookup:
        entry = found.entry
        process = event.via == "process"
        requests = Requests() if process else requests_in(event, found.client, found.host)
        if _refused(event):
            requests = Requests(0, 0, "the proxy refused the connection: nothing was asked")
        return Lookup(
            time=event.time or 0,
            source=origin.source,
            file=origin.file,
            position=origin.position,
            record_sha256=origin.record_sha256,
            via=_via(event, entry),
            view=_view(event),
            actor=Actor(event.user, event.host, address_of(event.ip), self._plain(event.process)),
            database=entry.id if entry else None,
            techniques=entry.techniques if entry else found.techniques,
            scope=entry.scope if entry else "core",
            name=found.host,
            targets=self._marked(found.targets),
            client=found.client,
            key_fingerprint=self.fingerprint(found.secret) if found.secret else None,
            requests=requests,
            bytes_out=event.bytes_out,
            bytes_in=event.bytes_in,
            packets_out=event.packets_out,
            duration=event.duration,
            link=event.link,
            ident=event.ident,
            proxied=event.proxied,
            doubt=event.doubt,
        )

    def _plain(self, process: str | None) -> str | None:
        """The program, without the ``KEY=value`` that a shell log may put in its place."""
        if process is None or "=" not in process:
            return process
        return redact(process, self.fingerprint, self.catalogue.key_names)

    def _marked(self, found: Sequence[Target]) -> tuple[Target, ...]:
        names = self.catalogue.key_names
        plain = (
            replace(target, value=redact(target.value, self.fingerprint, names))
            if target.type in ("expression", "organisation")
            else target
            for target in found[:100]
        )
        return self.own.mark(list(plain))


def _asks_again(event: Event) -> bool:
    """Whether a proxy only asked for a login (RFC 9110, 407): the client repeats the request."""
    return event.via == "http" and event.status == 407


def _refused(event: Event) -> bool:
    """Whether a proxy turned a CONNECT down, so that no request reached the database."""
    return _view(event) == "http/connect" and (event.status or 0) >= 400


def _url(event: Event) -> Url | None:
    if not event.url:
        return None
    first = event.url.partition("/")[0]
    return split_url(event.url, bool(event.name) and host_of(first) != host_of(event.name))


def _via(event: Event, entry: OpenDatabase | None) -> Via:
    if event.via == "flow" and entry is not None:
        if event.server_port in WHOIS_PORTS:
            return "whois"
        if event.server_port == 5432 and 5432 in entry.ports:
            return "sql"
    return event.via


def _view(event: Event) -> str:
    if event.via == "dns":
        return f"dns/{event.query_type.upper()}" if event.query_type else "dns"
    if event.via == "http" and (event.method or "").upper() == "CONNECT":
        return "http/connect"
    return event.via


def _asks_address(event: Event, entry: OpenDatabase) -> bool:
    """Whether a DNS question leads to the database, and is not mail or resolver business about its name."""
    if 53 in entry.ports and any(shape.where == "dns-label" for shape in entry.lookups):
        return True
    labels = (event.name or "").split(".")
    return (event.query_type or "A").upper() not in PLUMBING and not labels[0].startswith("_")


def _inbound(event: Event, own: Marks) -> bool:
    """Whether somebody outside asks our name server or our port 43."""
    if not event.ip or not (event.via == "dns" or event.server_port in WHOIS_PORTS):
        return False
    try:
        address = ipaddress.ip_address(event.ip.partition("%")[0])
    except ValueError:
        return False
    return address.is_global and not own.holds(str(address))


def _says_something(event: Event) -> bool:
    """Whether a nameless connection to port 43 leaves the house and carries a question; scans do not."""
    if event.bytes_out == 0 or (event.packets_out is not None and event.packets_out < 3):
        return False
    try:
        address = ipaddress.ip_address((event.server_ip or "").partition("%")[0])
    except ValueError:
        return True
    return not any(address in network for network in _INSIDE if network.version == address.version)
