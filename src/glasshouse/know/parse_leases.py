"""Toolbox of lease loaders: grants and ends in a file's order in; one tenancy per stay out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from glasshouse import parse
from glasshouse.known import Tenancy
from glasshouse.records import Trouble

SECOND = 1_000_000
LAST = 253_402_300_800 * SECOND  # the year 10000: no time is later
_TYPE_LL, _TYPE_LLT = "0003", "0001"  # DUIDs that hold a MAC address, RFC 8415 section 11
_ETHERNET = "0001"
_LONGEST_NAME, _LONGEST_NUMBER = 255, 64
_MANY = 1 << 16
_UNNAMED = {"*", "-", "(empty)", "unknown"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A lease given back, expired or deleted; ``hardware`` None ends whoever has the address."""

    ip: str
    time: int
    hardware: str | None = None


def fold(said: Iterable[Tenancy | Ended | Trouble]) -> Iterator[Tenancy | Trouble]:
    """Renewals of one machine become one tenancy; another machine's lease ends the one before.

    Of what is said later about the same stay, the end supersedes. Troubles pass through.
    """
    current: dict[str, Tenancy] = {}
    for one in said:
        if isinstance(one, Trouble):
            yield one
            continue
        before = current.get(one.ip)
        if isinstance(one, Ended):
            if before and (one.hardware is None or one.hardware == before.hardware):
                current[one.ip] = _cut(before, one.time)
            continue
        if before and _continues(before, one):
            current[one.ip] = _renewed(before, one)
            continue
        if before:
            cut = _cut(before, one.since)
            if cut.until is None or cut.until > cut.since:
                yield cut
        current[one.ip] = one
    yield from (one for one in current.values() if one.until is None or one.until > one.since)


def _cut(one: Tenancy, time: int) -> Tenancy:
    if time < one.since or (one.until is not None and one.until <= time):
        return one
    return replace(one, until=time)


def _continues(before: Tenancy, after: Tenancy) -> bool:
    if before.hardware or after.hardware:
        same = before.hardware == after.hardware
    else:
        same = before.host == after.host
    return same and (before.until is None or after.since <= before.until)


def _renewed(before: Tenancy, after: Tenancy) -> Tenancy:
    return replace(
        after,
        since=min(before.since, after.since),
        host=after.host or before.host,
        account=after.account or before.account,
    )


def named(said: str) -> str | None:
    """The machine's name in a lease, or None where the lease only says that it has none."""
    return _machine(said) if len(said) <= _LONGEST_NAME else None


def address(said: str) -> str | None:
    """An address in one spelling, as ``parse.address``; the same few come again and again in a journal."""
    return _address(said) if len(said) <= _LONGEST_NUMBER else None


def hardware(said: str) -> str | None:
    """A MAC address in one spelling, as ``parse.hardware``."""
    return _hardware(said) if len(said) <= _LONGEST_NUMBER else None


@lru_cache(maxsize=_MANY)
def _machine(said: str) -> str | None:
    return None if said.lower() in _UNNAMED else parse.machine(said)


_address = lru_cache(maxsize=_MANY)(parse.address)
_hardware = lru_cache(maxsize=_MANY)(parse.hardware)


def duid_hardware(said: str) -> str | None:
    """The MAC address inside a DHCPv6 identifier written in hex; None where its type holds none."""
    digits = re.sub(r"[^0-9a-f]", "", said.lower())
    kind, ethernet = digits[:4], digits[4:8] == _ETHERNET
    if kind == _TYPE_LL and ethernet:
        return hardware(digits[8:])
    if kind == _TYPE_LLT and ethernet:
        return hardware(digits[16:])
    return None


def seconds(said: object) -> int | None:
    """A number of seconds, since 1970 or long, in microseconds; None when it is none or beyond year 9999."""
    try:
        number = float(str(said))
    except ValueError:
        return None
    return round(number * SECOND) if 0 <= number * SECOND < LAST else None
