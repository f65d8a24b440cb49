"""A request to a known open database in, its targets out, each marked ours or not."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, Self
from urllib.parse import unquote

from glasshouse.catalogue import OpenDatabase, Shape
from glasshouse.records import Target
from glasshouse.watch import querylang
from glasshouse.watch.bodies import (
    ALL,
    of_body,
    of_dns,
    of_parameters,
    of_payload,
    of_sql,
    of_value,
    unbase64,
)
from glasshouse.watch.clean import Url, host_of
from glasshouse.watch.shapes import Compiled, compiled, parameters, path_values
from glasshouse.watch.values import domain, expression, guess, typed

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_DNS_FORM = re.compile(r"^(?:AS)?\{(reversed-ip|reversed-nibbles|asn)\}\.(.+)$")


def of_url(entry: OpenDatabase, url: Url, body: str | None = None) -> list[Target]:
    """The targets of a request: from the shape that fits best, otherwise from what looks like one."""
    for form in forms(entry, host_of(url.host) or ""):
        values = path_values(form, url)
        if values is None:
            continue
        if form.shape.where == "none":
            return []
        if found := _of_form(form, values, url, body):
            return found
    return _of_anything(entry, url, body)


def forms(entry: OpenDatabase, host: str) -> list[Compiled]:
    """The compiled shapes of an entry, those of this host first, the narrowest first."""
    every = [compiled(shape) for shape in entry.lookups if shape.where not in ("dns-label", "payload", "sql")]
    return sorted(every, key=lambda form: (form.host == host, form.weight), reverse=True)


def _of_form(form: Compiled, values: list[str], url: Url, body: str | None) -> list[Target]:
    shape = form.shape
    if shape.where == "path":
        types = (*shape.types, "cidr") if "ip" in shape.types else shape.types
        return [target for value in values for target in of_value(value, types)]
    if shape.where in ("body", "body-base64"):
        return of_body(body, shape.types, shape.field) if body else []
    pairs = parameters(url.fragment if shape.where == "fragment" else url.query)
    return [target for name, value in pairs if name in form.parameters for target in _of_pair(shape, value)]


def _of_pair(shape: Shape, value: str) -> list[Target]:
    text = unbase64(value) if shape.where == "query-base64" else None
    found = of_value(text or value, shape.types)
    return found or ([expression(value)] if value.strip() else [])


def _of_anything(entry: OpenDatabase, url: Url, body: str | None) -> list[Target]:
    secret = {place.partition(":")[2].lower() for place in entry.keys}
    found = of_parameters([pair for pair in parameters(url.query) if pair[0] not in secret])
    if not found and "path" not in entry.keys:
        parts = [unquote(part) for part in url.path.split("/") if part][:50]
        found = [target for part in parts if (target := guess(part) or typed(part, ("ip",)))]
    return found or (of_body(body) if body else [])


def of_name(entry: OpenDatabase, host: str) -> list[Target]:
    """The target that a DNS name encodes, for entries that are asked through DNS."""
    for shape in entry.lookups:
        form = _DNS_FORM.match(shape.at) if shape.where == "dns-label" else None
        if (
            form
            and host.endswith("." + form[2])
            and (found := of_dns(host.removesuffix("." + form[2]), form[1]))
        ):
            return found
    return []


def of_text(entry: OpenDatabase | None, payload: str) -> list[Target]:
    """The targets of text sent over a plain connection: SQL to a database port, or a WHOIS question."""
    if entry is not None and any(shape.where == "sql" for shape in entry.lookups):
        return of_sql(payload)
    return of_payload(payload)


def of_argument(value: str, types: Sequence[str]) -> list[Target]:
    """The targets of a command line argument."""
    if "list" in types:
        return []
    return querylang.targets(value) if tuple(types) == ("query",) else of_value(value, (*ALL, *types))


class Marks(Protocol):
    """Whoever says what is ours: a list on the command line, an inventory, or both."""

    def mark(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets, each once, with ``about_us`` filled in."""
        ...

    def holds(self, address: str) -> bool:
        """Whether an address or network overlaps with ours."""
        ...


class Own:
    """What is ours: domains, addresses, networks, AS numbers and organisation names."""

    def __init__(self, spec: str = "") -> None:
        self.domains: set[str] = set()
        self.networks: list[Network] = []
        self.asns: set[str] = set()
        self.organisations: set[str] = set()
        for part in filter(None, (part.strip() for part in spec.split(","))):
            self._add(part)

    @classmethod
    def of(cls, specs: Sequence[str]) -> Self:
        """One inventory from several comma-separated texts."""
        return cls(",".join(specs))

    def __bool__(self) -> bool:
        return bool(self.domains or self.networks or self.asns or self.organisations)

    def _add(self, part: str) -> None:
        target = typed(part, ("ip", "cidr")) or guess(part) or domain(part.lstrip("@"))
        if target is None or target.type == "email":
            self.organisations.add(_plain(part))
        elif target.type in ("ip", "cidr"):
            self.networks.append(ipaddress.ip_network(target.value))
        elif target.type == "asn":
            self.asns.add(target.value)
        else:
            self.domains.add(target.value)

    def about_us(self, target: Target) -> bool | None:
        """Whether a target is ours; None for expressions, and where nothing of its kind was given."""
        if target.type in ("domain", "hostname", "email"):
            return self._name(target.value.rpartition("@")[2]) if self.domains else None
        if target.type in ("ip", "cidr"):
            return self.holds(target.value) if self.networks else None
        if target.type == "asn":
            return target.value in self.asns if self.asns else None
        if target.type == "organisation":
            return self._organisation(target.value) if self.organisations else None
        return None

    def mark(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets, each once, with ``about_us`` filled in."""
        return tuple(replace(target, about_us=self.about_us(target)) for target in dict.fromkeys(targets))

    def holds(self, address: str) -> bool:
        """Whether an address or network overlaps with ours."""
        try:
            network = ipaddress.ip_network(address, strict=False)
        except ValueError:
            return False
        return any(own.version == network.version and own.overlaps(network) for own in self.networks)

    def _name(self, name: str) -> bool:
        labels = name.split(".")
        return any(".".join(labels[at:]) in self.domains for at in range(len(labels)))

    def _organisation(self, name: str) -> bool:
        plain = f" {_plain(name)} "
        return any(f" {own} " in plain for own in self.organisations)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w]+", " ", text.casefold()).split())
