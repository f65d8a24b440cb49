"""Toolbox of zone loaders: the records of a master file in, the assets of its zone out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

from glasshouse import parse
from glasshouse.know import parse_assets
from glasshouse.know.parse_assets import Unfit
from glasshouse.known import Asset
from glasshouse.masterfile import NO_ORIGIN, Broken, Record
from glasshouse.records import TargetType, Trouble

_HOSTS = ("A", "AAAA", "CNAME", "DNAME", "MX", "HTTPS", "SVCB", "LOC", "SSHFP")
_V4, _V6 = ".in-addr.arpa.", ".ip6.arpa."


def assets(found: Iterable[Record | Broken], where: str) -> Iterator[Asset | Trouble]:
    """The assets of one zone: the domain (or network, of a reverse zone), its host names and addresses.

    Names that serve protocols (``_dmarc``) and addresses that nobody outside can meet are left out; so are
    names outside the zone, as a name server leaves them out.
    """
    apex = ""
    seen: set[tuple[str, str]] = set()
    for one in found:
        if isinstance(one, Broken):
            yield Trouble(where, one.line, one.reason, one.next_step)
            if one.reason == NO_ORIGIN and not apex:
                return
            continue
        if one.type == "SOA" and not apex:
            apex = one.name
        if not apex:
            yield Trouble(
                where, one.line, "a record before the SOA record", "a zone begins with its SOA record"
            )
            return
        for kind, value in _values(one, apex):
            if (kind, value) not in seen:
                seen.add((kind, value))
                yield from _asset(kind, value, where, one.line)


def zone_of(file: str) -> str:
    """The zone that a file's name tells: ``db.example.com``, ``example.com.zone``, ``db.192.0.2``."""
    stem = re.sub(r"^(?:db|pri|master|zone|named)[.-]", "", file.lower())
    stem = re.sub(r"(?:\.(?:zone|db|hosts|txt|dns|signed))+$", "", stem)
    if re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,2}", stem):
        return ".".join(reversed(stem.split("."))) + ".in-addr.arpa"
    return stem if parse_assets.name(stem) or stem == "localhost" else ""


def reverse(name: str) -> str | None:
    """The network or address that a name of the reverse tree stands for (RFC 1035 3.5, RFC 3596 2.5)."""
    if name.endswith(_V4):
        labels = name.removesuffix(_V4).split(".")[::-1]
        length = 8 * len(labels)
        if len(labels) > 3 and (classless := re.fullmatch(r"(\d{1,3})/(\d\d)", labels[3])):  # RFC 2317
            length = int(classless[2]) if len(labels) == 4 else 32
            labels = [*labels[:3], labels[4] if len(labels) > 4 else classless[1]]
        if not all(re.fullmatch(r"\d{1,3}", label) for label in labels) or len(labels) > 4:
            return None
        spelt = ".".join((labels + ["0"] * 3)[:4]) + f"/{length}"
    elif name.endswith(_V6):
        nibbles = name.removesuffix(_V6).split(".")[::-1]
        if not all(re.fullmatch(r"[0-9a-f]", nibble) for nibble in nibbles) or len(nibbles) > 32:
            return None
        digits = "".join(nibbles).ljust(32, "0")
        spelt = str(ipaddress.IPv6Address(int(digits, 16))) + f"/{4 * len(nibbles)}"
    else:
        return None
    return parse.network(spelt)


def _values(one: Record, apex: str) -> Iterator[tuple[TargetType, str]]:
    if one.name != apex and not one.name.endswith("." + apex.removeprefix(".")):
        return
    network = reverse(one.name)
    if network is not None:
        if one.type in ("SOA", "PTR") and parse_assets.public(network):
            yield "cidr", network
        return
    if one.type == "SOA":
        yield "domain", apex
    elif one.type in _HOSTS and one.name != apex and not one.name.startswith("_"):
        yield "hostname", one.name
    if one.type in ("A", "AAAA"):
        address = parse.address(one.data[0])
        if address is not None and parse_assets.public(address):
            yield "ip", address


def _asset(kind: TargetType, value: str, where: str, line: int) -> Iterator[Asset | Trouble]:
    try:
        yield parse_assets.asset(kind, value, origin=f"{where}:{line}" if line else where)
    except Unfit as problem:
        if kind != "domain" or value.count(".") > 1:  # localhost, the root: nobody's
            yield Trouble(where, line or None, f"{kind} is {problem}", problem.next_step)
