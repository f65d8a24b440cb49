"""Toolbox of zone loaders: a master file in, its records out; records in, the assets of a zone out.

Master files: RFC 1035 section 5, RFC 2308 ($TTL), RFC 3597 (unknown types), and what BIND writes. A record
that cannot be read is told and does not cost the others. ``$INCLUDE`` is never followed, ``$GENERATE`` is
not carried out: the names it makes lie below the zone anyway.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from glasshouse import parse
from glasshouse.know import parse_assets
from glasshouse.know.parse_assets import Unfit
from glasshouse.known import Asset
from glasshouse.records import TargetType, Trouble

LONGEST = 65_536  # characters of one record
_TOO_LONG = "( )"  # no word of a file is this
_TOKEN = re.compile(r'"((?:[^"\\\n]|\\.)*)"|;[^\n]*|([()])|((?:[^\s"();\\]|\\.)+)|(\S)')
_TTL = re.compile(r"\d+(?:[wdhms]\d+)*[wdhms]?", re.IGNORECASE)
_CLASSES = ("in", "ch", "hs", "cs", "any")
_TYPE = re.compile(r"[a-z][a-z0-9-]*", re.IGNORECASE)
_HOSTS = ("A", "AAAA", "CNAME", "DNAME", "MX", "HTTPS", "SVCB", "LOC", "SSHFP")
_NO_ORIGIN = "a relative name without an origin"
_V4, _V6 = ".in-addr.arpa.", ".ip6.arpa."


class Record(NamedTuple):
    """One record: where it stands, its absolute owner name with a dot at the end, its type and data."""

    line: int
    name: str
    type: str
    data: tuple[str, ...]


class Broken(NamedTuple):
    """A line that is no record, and why."""

    line: int
    reason: str
    next_step: str = ""


def records(text: str, origin: str = "") -> Iterator[Record | Broken]:
    """The records of a master file; ``origin`` is the zone as the file's name says it."""
    at = _absolute(origin, ".") if origin else ""
    last = ""
    for line, tokens, indented in _entries(text):
        first = tokens[0].upper()
        if tokens[0] == _TOO_LONG:
            yield Broken(line, "longer than 64 KiB")
            continue
        if first == "$ORIGIN" and len(tokens) > 1:
            at = _absolute(tokens[1], at or ".")
        elif first in ("$INCLUDE", "$GENERATE"):
            step = "named-compilezone writes a zone with everything in it"
            yield Broken(line, f"{first} is not followed", step)
        elif not first.startswith("$"):
            owner, rest = (last, tokens) if indented else (_absolute(tokens[0], at), tokens[1:])
            last = owner or last
            yield _record(line, owner, rest, at)


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
            if one.reason == _NO_ORIGIN and not apex:
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


def _entries(text: str) -> Iterator[tuple[int, list[str], bool]]:
    """The entries of a master file: line, words, and whether the owner is the one before (blank in front)."""
    words: list[str] = []
    start, open_, indented, size = 1, False, False, 0
    for number, line in enumerate(text.split("\n"), 1):
        if not open_:
            start, indented, size = number, line[:1] in (" ", "\t"), 0
        size += len(line)
        if size > LONGEST:
            yield number, [_TOO_LONG], False
            words, open_ = [], False
            continue
        for token in _TOKEN.finditer(line):
            quoted, bracket, word, odd = token.groups()
            if bracket:
                open_ = bracket == "("
            elif word or odd or quoted is not None:
                words.append(word or odd or f'"{quoted}"')
        if not open_ and words:
            yield start, words, indented
            words = []
    if words:
        yield start, [*words, ")"], indented


def _record(line: int, owner: str, rest: list[str], at: str) -> Record | Broken:
    while rest and (_TTL.fullmatch(rest[0]) or rest[0].lower() in _CLASSES):
        rest = rest[1:]
    if not owner:
        return Broken(line, _NO_ORIGIN, "name the file after the zone: db.example.com")
    if len(rest) < 2 or not _TYPE.fullmatch(rest[0]):
        return Broken(line, "not a record", "named-checkzone tells what is wrong")
    if rest[-1] == ")":
        return Broken(line, "a bracket is not closed", "named-checkzone tells what is wrong")
    kind, data = rest[0].upper(), tuple(rest[1:])
    if kind in ("A", "AAAA") and parse.address(data[0]) is None:
        return Broken(line, f"the address of {kind} is none", "named-checkzone tells what is wrong")
    return Record(line, owner, kind, data)


def _absolute(name: str, at: str) -> str:
    if name == "@":
        return at
    name = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1])), name).lower()
    if name.endswith("."):
        return name
    return f"{name}.{at.removeprefix('.')}" if at else ""


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
