"""The audit log of the Windows DHCP server (DhcpSrvLog-*.log, DhcpV6SrvLog-*.log) in, tenancies out.

After "Analyze DHCP Server Log Files" (Microsoft): ``ID,Date,Time,Description,IP Address,Host Name,MAC
Address,…``. Dates are MM/DD/YY in the server's local time, and the log does not say which zone that is: they
are read as UTC and every tenancy says so. A lease's length is not logged: it lasts until it is released,
deleted, expired or given to another machine.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from glasshouse import parse
from glasshouse.know import parse_leases
from glasshouse.know.parse_leases import Ended
from glasshouse.known import Fact, Tenancy
from glasshouse.records import Trouble

TITLE = "DHCP audit log, Windows Server"
GIVES = ("tenancies",)
DOUBT = "local time read as UTC"
_ROW = re.compile(r"^\d{2,5},(\d\d/\d\d/\d\d(?:\d\d)?),\d\d:\d\d:\d\d,", re.MULTILINE)
_WHEN = re.compile(r"(\d\d)/(\d\d)/(\d\d(?:\d\d)?) (\d\d):(\d\d):(\d\d)")
_HEADER = re.compile(r"^ID,Date,Time,", re.MULTILINE | re.IGNORECASE)
_GIVEN = {10, 11, 20, 21}  # assigned, renewed, BOOTP, dynamic BOOTP
_TAKEN = {12, 16, 17, 18, 23}  # released, deleted, expired (DNS record kept or deleted), BOOTP deleted
_GIVEN_6 = {11002, 11004, 11005}  # request, renew, rebind
_TAKEN_6 = {11006, 11007, 11016, 11018}  # declined, released, deleted, expired
_DUID_6 = 8  # column of the DHCPv6 log


def detect(head: bytes, name: str) -> int:
    """Sure when rows begin with a code, a date and a time as that log writes them."""
    text = parse.text(head)
    return 90 if _ROW.search(text) or (_HEADER.search(text) and "DHCP" in text.upper()) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One tenancy per stay, and once a Trouble that the zone of the times is not known."""
    text = parse.text(data)
    if _ROW.search(text):
        next_step = "have the server's clock in UTC, or give the times as CSV with their zone"
        yield parse.trouble(name, None, f"{DOUBT}: the log does not say its zone", next_step)
    yield from parse_leases.fold(_said(text, name))


def _said(text: str, name: str) -> Iterator[Tenancy | Ended | Trouble]:
    for line, written in enumerate(text.splitlines(), 1):
        if not _ROW.match(written):
            continue  # the explanation of the codes at the top
        try:
            row = next(csv.reader([written]))
        except csv.Error:
            row = []
        code = int(row[0]) if row else 0
        given, taken = code in _GIVEN | _GIVEN_6, code in _TAKEN | _TAKEN_6
        if row and not (given or taken):
            continue
        ip, time = parse_leases.address(row[4]) if len(row) > 4 else None, _time(row)
        if ip is None or time is None:
            yield parse.trouble(name, line, "no address or time", "is the row cut off?")
        elif taken:
            yield Ended(ip, time, _hardware(row, code))
        else:
            yield Tenancy(
                ip=ip,
                since=time,
                host=parse_leases.named(row[5]) if len(row) > 5 else None,
                hardware=_hardware(row, code),
                origin=f"{name}:{line} ({DOUBT})",
            )


def _hardware(row: list[str], code: int) -> str | None:
    if code in _GIVEN_6 | _TAKEN_6:
        return parse_leases.duid_hardware(row[_DUID_6]) if len(row) > _DUID_6 else None
    return parse_leases.hardware(row[6]) if len(row) > 6 else None


def _time(row: list[str]) -> int | None:
    match = _WHEN.fullmatch(" ".join(row[1:3]))
    if not match:
        return None
    month, day, year, hour, minute, second = map(int, match.groups())
    try:
        when = datetime(year if year > 99 else 2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return parse.time(when)
