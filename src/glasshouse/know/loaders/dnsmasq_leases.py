"""The lease file of dnsmasq in, tenancies out; the file says only when a lease ends, not since when.

After dnsmasq(8) and its lease.c: ``expiry MAC address name client-id`` a line, ``*`` for unknown, expiry 0
for ever; after a line ``duid …`` the same for DHCPv6, with an IAID instead of the MAC address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.know import parse_leases
from glasshouse.know.parse_leases import SECOND
from glasshouse.known import Fact, Tenancy
from glasshouse.records import Trouble

TITLE = "DHCP leases, dnsmasq"
GIVES = ("tenancies",)
# The begin is not in the file: a client that has a lease has had it for as long as the shortest usual one.
USUAL = 3600 * SECOND  # dnsmasq gives leases of one hour unless told otherwise
_EARLIEST = 1_000_000_000 * SECOND  # smaller numbers are lengths, of a build without a clock
_LINE = re.compile(
    rb"^\d{1,12} (([0-9a-f]{2}-)?[0-9a-f]{2}(:[0-9a-f]{2}){5} \d{1,3}(\.\d{1,3}){3}"
    rb"|T?\d{1,10} [0-9a-f:]{2,39})"
    rb" \S+ (\*|[0-9a-f]{2}(:[0-9a-f]{2})*)\s*$",
    re.I,
)


def detect(head: bytes, name: str) -> int:
    """Sure when the first lines are leases."""
    lines = [line for line in head.lstrip().splitlines()[:5] if not line.startswith(b"duid ")]
    return 90 if lines and any(_LINE.match(line) for line in lines) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One tenancy a lease, from one hour before its end; one that never ends is told from 1970 on."""
    for line, written in enumerate(parse.text(data).splitlines(), 1):
        parts = written.split()
        if not parts or parts[0] == "duid":
            continue
        expiry = parse_leases.seconds(parts[0]) if parts[0].isdecimal() else None
        ip = parse_leases.address(parts[2].strip("[]")) if len(parts) >= 4 else None
        if expiry is None or ip is None:
            yield parse.trouble(name, line, "no expiry and address", "is it the lease file of dnsmasq?")
        elif 0 < expiry < _EARLIEST:
            reason = "the length of a lease instead of its end: dnsmasq runs without a clock"
            yield parse.trouble(name, line, reason, "give the times as CSV: ip, host, since, until")
        else:
            yield Tenancy(
                ip=ip,
                since=max(expiry - USUAL, 0),
                until=expiry or None,
                host=parse_leases.named(parts[3]),
                hardware=_hardware(parts, ip),
                origin=f"{name}:{line}",
            )


def _hardware(parts: list[str], ip: str) -> str | None:
    if ":" in ip:
        return parse_leases.duid_hardware(parts[4]) if len(parts) > 4 else None
    return parse_leases.hardware(parts[1].rpartition("-")[2])
