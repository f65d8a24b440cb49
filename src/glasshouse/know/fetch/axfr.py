"""Zones of our own name servers in, by transfer (AXFR), assets out: domains, host names, addresses.

RFC 5936, over TCP, signed with TSIG (RFC 8945) where a key is given. The server must allow the transfer
(BIND: ``allow-transfer { key NAME; };``). A zone counts only when the whole of it came.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Mapping

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.xfr

from glasshouse import masterfile
from glasshouse.errors import ReadError
from glasshouse.know import parse_zone
from glasshouse.known import Fact
from glasshouse.records import Trouble
from glasshouse.secret import secret

TITLE = "DNS zone transfer"
GIVES = ("assets",)
OPTIONS = {
    "server": "the name server: address or name",
    "port": "its TCP port, 53 if not said",
    "zones": "the zones to ask for, parted by blanks or commas",
    "key-name": "name of the TSIG key, if the server wants one",
    "key-secret": "the key, base64; best as ${env:NAME} or ${file:PATH}",
    "key-algorithm": "hmac-sha256 if not said",
}
SECRETS = ("key-secret",)
REPLY, ZONE, ALL = 15.0, 300.0, 900.0  # seconds for one message, one zone, all zones
RECORDS = 2_000_000  # of one zone
ZONES = 10_000
Keys = dict[dns.name.Name, dns.tsig.Key]


def fetch(options: Mapping[str, str]) -> Iterator[Fact | Trouble]:
    """The assets of each zone; a zone that is refused becomes a Trouble. Raises ReadError."""
    server, port, zones = options.get("server", "").strip(), _port(options), _zones(options)
    where, keys = f"axfr {server}", _keys(options)
    address = _address(server, port)
    try:
        socket.create_connection((address, port), REPLY).close()
    except OSError as problem:
        raise _unreachable(problem, where) from None
    end = time.monotonic() + ALL
    for zone in zones:
        left = min(ZONE, end - time.monotonic())
        if left <= 0:
            raise ReadError("the zones took longer than 15 minutes", where, "ask for fewer zones at once")
        try:
            found = list(_records(address, port, zone, keys, options, left))
        except (dns.xfr.TransferError, dns.exception.DNSException) as problem:
            yield Trouble(f"{where} {zone}", None, *_told(problem))
        except (OSError, EOFError) as problem:
            raise _unreachable(problem, where) from None
        else:
            yield from parse_zone.assets(found, f"{where} {zone}")


def _records(
    address: str, port: int, zone: str, keys: Keys | None, options: Mapping[str, str], seconds: float
) -> Iterator[masterfile.Record]:
    count = 0
    replies = dns.query.xfr(
        address,
        zone,
        port=port,
        timeout=REPLY,
        lifetime=seconds,
        keyring=keys,
        keyalgorithm=dns.name.from_text(options.get("key-algorithm") or "hmac-sha256"),
        relativize=False,
    )
    for reply in replies:
        for rrset in reply.answer:
            name, kind = rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype)
            count += len(rrset)
            if count > RECORDS:
                raise ReadError(f"more than {RECORDS:,} records", f"axfr {zone}", "ask for parts of it")
            for data in rrset:
                address_of = str(data.address) if kind in ("A", "AAAA") else ""
                yield masterfile.Record(0, name, kind, (address_of,))


def _told(problem: Exception) -> tuple[str, str]:
    """What went wrong with one zone, and what to do."""
    if isinstance(problem, dns.tsig.PeerError | dns.tsig.BadSignature | dns.tsig.BadKey | dns.tsig.BadTime):
        return (
            f"the key does not fit: {problem}",
            "compare key-name, key-secret, key-algorithm and the clocks",
        )
    if isinstance(problem, dns.xfr.TransferError):
        code = problem.rcode
        return f"transfer refused: {dns.rcode.to_text(code)}", "name us in allow-transfer of the zone"
    if isinstance(problem, dns.exception.Timeout):
        return "no whole answer in time", "check the name server"
    return f"transfer broken off: {problem}", "try dig AXFR"


def _unreachable(problem: Exception, where: str) -> ReadError:
    said = getattr(problem, "strerror", None) or str(problem) or "connection closed"
    return ReadError(f"cannot be asked: {said}", where, "check server, port and firewall")


def _port(options: Mapping[str, str]) -> int:
    said = options.get("port") or "53"
    if not said.isdecimal() or not 0 < int(said) < 65536:
        raise ReadError("port is no number from 1 to 65535", "axfr", 'port = "53"')
    return int(said)


def _zones(options: Mapping[str, str]) -> list[str]:
    zones = list(dict.fromkeys(filter(None, re.split(r"[\s,;\[\]'\"]+", options.get("zones", "")))))
    if not zones or len(zones) > ZONES:
        raise ReadError("no zones to ask for", "axfr", 'zones = "example.com example.org"')
    for zone in zones:
        try:
            dns.name.from_text(zone)
        except dns.exception.DNSException:
            raise ReadError("a zone is no name", "axfr", 'zones = "example.com example.org"') from None
    return zones


def _keys(options: Mapping[str, str]) -> Keys | None:
    name, key = options.get("key-name", ""), options.get("key-secret", "")
    if not name and not key:
        return None
    algorithm = (options.get("key-algorithm") or "hmac-sha256").lower().removesuffix(".")
    if not re.fullmatch(r"hmac-sha(?:1|224|256|384|512)(?:-128|-192)?", algorithm):
        raise ReadError("key-algorithm not known", "axfr", "hmac-sha256, hmac-sha384, hmac-sha512 …")
    try:
        made: Keys = dns.tsigkeyring.from_text({name: (algorithm, secret(key, "axfr"))})
    except (dns.exception.DNSException, ValueError):
        step = "key-name and key-secret, as tsig-keygen prints"
        raise ReadError("the key is no TSIG key", "axfr", step) from None
    return made


def _address(server: str, port: int) -> str:
    if not server:
        raise ReadError("no server to ask", "axfr", 'server = "192.0.2.53"')
    try:
        found = socket.getaddrinfo(server, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ReadError("the server's name has no address", f"axfr {server}", "check server") from None
    return str(found[0][4][0])
