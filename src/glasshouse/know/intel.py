"""Indicators in; out, for an episode, what feeds say about its actor, its targets and its tools.

Indicators that would say something about nearly everybody are left out and told as troubles: public suffixes,
private and reserved networks, networks too wide, localhost.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeVar

from publicsuffixlist import PublicSuffixList

from glasshouse.known import Indicator, IndicatorType, IntelHit
from glasshouse.records import Target, Trouble
from glasshouse.verdicts import Episode

DAY = 86_400_000_000
TROUBLES_KEPT = 100
WIDEST = {4: 8, 6: 19}  # prefix lengths: shorter ones cover whole regions of the internet
_USELESS = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
    )
)
_LOCAL_NAMES = {"localhost", "localdomain", "local", "invalid", "arpa"}
_PLAIN_URL = re.compile(r"https?://([^/?#:@]+)(?::\d+)?/?")
HITS = 200  # of one episode
Held = Indicator | list[Indicator]
Key = TypeVar("Key")
_RESERVED = {
    version: tuple((int(one.network_address), one.prefixlen) for one in _USELESS if one.version == version)
    for version in (4, 6)
}


class Feeds:
    """Every indicator of every feed, ready to be asked. ``troubles`` tells what was left out."""

    def __init__(self, indicators: Iterable[Indicator] = ()) -> None:
        self.troubles: list[Trouble] = []
        self._left_out = 0
        self._count = 0
        self._values: dict[IndicatorType, dict[str, Held]] = {}
        self._networks: dict[tuple[int, int], dict[int, Held]] = {}  # (version, prefix length): network
        for one in indicators:
            self._add(one)
        self._prefixes = {version: self._lengths(version) for version in (4, 6)}
        if self._left_out > TROUBLES_KEPT:
            more = self._left_out - TROUBLES_KEPT
            self.troubles.append(
                Trouble("threat intelligence", None, f"and {more:,} more useless indicators")
            )

    def __len__(self) -> int:
        return self._count

    def hits(self, episode: Episode, now: int) -> tuple[IntelHit, ...]:
        """What feeds know of the actor, targets and clients; the first 200 of them, valid ones first.

        ``where`` is source (addresses and hosts of the actor), account, target, email or tool. Age in whole
        days at ``now`` (microseconds); an indicator is expired when it ended before the episode began.
        """
        found: dict[IntelHit, None] = {}
        for where, value, one in self._found(episode):
            seen = one.seen if one.seen is not None else one.since
            age = None if seen is None else max(0, (now - seen) // DAY)
            expired = one.until is not None and one.until <= episode.alert.first_seen
            found[IntelHit(where, value, one, age, expired)] = None
        return tuple(sorted(found, key=_order)[:HITS])

    def _found(self, episode: Episode) -> Iterator[tuple[str, str, Indicator]]:
        for ip in episode.ips:
            yield from (("source", ip, one) for one in self._of_address(ip))
        for host in episode.hosts:
            if "." in host:
                yield from (("source", host, one) for one in self._of_name(host.lower()))
        for account in episode.accounts:
            yield from (("account", account, one) for one in self._of("account", account))
        for target in episode.targets:
            where = "email" if target.type == "email" else "target"
            yield from ((where, target.value, one) for one in self.of_target(target))
        for name in dict.fromkeys(_tools(episode)):
            yield from (("tool", name, one) for one in self._of("tool", name))

    def of_target(self, target: Target) -> Iterator[Indicator]:
        """The indicators that cover one target."""
        value = target.value
        if target.type in ("domain", "hostname"):
            yield from self._of_name(value)
        elif target.type == "ip":
            yield from self._of_address(value)
        elif target.type == "cidr":
            yield from self._of_network(value)
        elif target.type == "email":
            yield from self._of("email", value.lower())
            yield from self._of_name(value.lower().rpartition("@")[2])
        elif target.type in ("certificate", "expression"):
            plain = value.strip().strip("\"'")
            yield from self._of("hash", plain.lower().replace(":", ""))
            yield from self._of("url", plain)

    def _of(self, kind: IndicatorType, value: str) -> list[Indicator]:
        return _several(self._values.get(kind, {}).get(value))

    def _of_name(self, name: str) -> Iterator[Indicator]:
        yield from self._of("hostname", name)
        domains = self._values.get("domain", {})
        while name:
            if name in domains:
                yield from _several(domains[name])
            name = name.partition(".")[2]

    def _of_address(self, said: str) -> Iterator[Indicator]:
        try:
            address = ipaddress.ip_address(said)
        except ValueError:
            return
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        yield from self._of("ip", str(address))
        yield from self._covering(address.version, int(address), address.max_prefixlen)

    def _of_network(self, said: str) -> Iterator[Indicator]:
        try:
            network = ipaddress.ip_network(said, strict=False)
        except ValueError:
            return
        if network.num_addresses == 1:
            yield from self._of("ip", str(network.network_address))
        yield from self._covering(network.version, int(network.network_address), network.prefixlen)

    def _covering(self, version: int, number: int, longest: int) -> Iterator[Indicator]:
        bits = 32 if version == 4 else 128
        for length in self._prefixes[version]:
            if length <= longest:
                yield from _several(self._networks[version, length].get(number >> (bits - length)))

    def _lengths(self, version: int) -> list[int]:
        return sorted((length for v, length in self._networks if v == version), reverse=True)

    def _add(self, one: Indicator) -> None:
        if reason := _useless(one):
            self._left_out += 1
            if self._left_out <= TROUBLES_KEPT:
                self.troubles.append(
                    Trouble(one.origin or one.feed, None, f"useless indicator {one.value[:100]}: {reason}")
                )
            return
        self._count += 1
        if one.type == "cidr":
            network = ipaddress.ip_network(one.value, strict=False)
            key = network.version, network.prefixlen
            shifted = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
            _put(self._networks.setdefault(key, {}), shifted, one)
            return
        _put(self._values.setdefault(one.type, {}), one.value, one)
        if one.type == "url" and (found := _PLAIN_URL.fullmatch(one.value)):
            host = found[1]
            kind: IndicatorType = "ip" if _is_address(host) else "hostname"
            _put(self._values.setdefault(kind, {}), host, one)


def _put(table: dict[Key, Held], key: Key, one: Indicator) -> None:
    held = table.get(key)
    if held is None:
        table[key] = one
    elif isinstance(held, list):
        held.append(one)
    else:
        table[key] = [held, one]


def _several(held: Held | None) -> list[Indicator]:
    return [] if held is None else held if isinstance(held, list) else [held]


def _order(hit: IntelHit) -> tuple[bool, str, str, int, int]:
    confidence = -1 if hit.indicator.confidence is None else hit.indicator.confidence
    age = 1_000_000 if hit.age_days is None else hit.age_days
    return hit.expired, hit.where, hit.value, -confidence, age


def _tools(episode: Episode) -> Iterator[str]:
    """Names of clients and processes as feeds write them: lower case, dashes, without folder and ``.exe``."""
    names = [client.name for client in episode.clients if client.name and client.kind != "browser"]
    for said in (*names, *episode.processes):
        name = re.split(r"[\\/]", said.strip().lower())[-1].removesuffix(".exe")
        yield re.sub(r"[\s_]+", "-", name)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def _useless(one: Indicator) -> str:
    """Why an indicator says nothing; empty when it may say something."""
    if one.type in ("domain", "hostname"):
        return _useless_name(one.value)
    if one.type in ("ip", "cidr"):
        return _useless_network(one.value)
    if one.type == "url":
        found = _PLAIN_URL.match(one.value)
        host = found[1] if found else ""
        return _useless_network(host) if _is_address(host) else _useless_name(host) if host else ""
    return "" if one.value else "empty"


def _useless_name(name: str) -> str:
    if name in _LOCAL_NAMES or name.endswith((".localhost", ".localdomain", ".in-addr.arpa", ".ip6.arpa")):
        return "a local name"
    if "." not in name:
        return "a top-level or single name"
    if name.count(".") < 5 and _suffixes().is_public(name):
        return "a public suffix, under which anybody may register"
    return ""


def _useless_network(said: str) -> str:
    try:
        network = ipaddress.ip_network(said, strict=False)
    except ValueError:
        return "not an address"
    if network.prefixlen < WIDEST[network.version]:
        return "too wide a network"
    first, bits = int(network.network_address), network.max_prefixlen
    for base, length in _RESERVED[network.version]:
        shift = bits - min(length, network.prefixlen)
        if first >> shift == base >> shift:
            return "a private or reserved network"
    return ""


def _is_address(said: str) -> bool:
    try:
        ipaddress.ip_address(said)
    except ValueError:
        return False
    return True
