"""Toolbox of the cloud DNS logs: envelopes, times and record types in, plain objects and values out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.watch.parse import MAX_DEPTH, MICRO, Layout, epoch, integer, iso, json_object
from glasshouse.watch.parse_dns import query_type

Raw = dict[str, Any]

# https://www.iana.org/assignments/dns-parameters : the types clients ask for
_TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB",
    24: "SIG", 25: "KEY", 28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 37: "CERT", 39: "DNAME", 43: "DS",
    44: "SSHFP", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 52: "TLSA", 59: "CDS", 61: "OPENPGPKEY",
    64: "SVCB", 65: "HTTPS", 99: "SPF", 251: "IXFR", 252: "AXFR", 255: "ANY", 256: "URI", 257: "CAA",
}  # fmt: skip
_DIGITS = re.compile(r"\d{1,20}$", re.ASCII)
_ENVELOPES = ("message", "@message", "records", "events", "logEvents", "Records", "entries")


def record_type(value: object) -> str | None:
    """A DNS record type as a name, from a name, a number or "28 (AAAA)"; None where there is none."""
    number = integer(value.removeprefix("TYPE") if isinstance(value, str) else value)
    if number is not None:
        return _TYPES.get(number, f"TYPE{number}") if 0 <= number < 65536 else None
    said = str(value or "").strip()
    if said.endswith(")") and "(" in said:
        said = said.rpartition("(")[2][:-1].strip()
    return query_type(said) if said else None


def moment(value: object, layout: Layout) -> tuple[int, str | None]:
    """ISO 8601 text, or seconds, milli-, micro- or nanoseconds since 1970, in microseconds, and its doubt."""
    if isinstance(value, str):
        if not _DIGITS.match(value.strip()):
            return iso(value, layout)
        value = int(value)  # nanoseconds have 19 digits
    number = integer(value)
    if number is None:
        raise Malformed("no time")
    if isinstance(value, float) and value < 1e11:
        return epoch(value), None
    for limit, per_second in ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9)):
        if abs(number) < limit:
            return number * MICRO // per_second, None
    raise Malformed("time is out of range")


def unwrapped(record: bytes) -> Iterator[Raw]:
    """The log objects of one record: itself, or those inside CloudWatch, Azure or export envelopes.

    A line may begin with CloudWatch's own time before the object.
    """
    start = record.find(b"{")
    if start > 0 and record[:4].isdigit():
        record = record[start:]
    yield from _inner(json_object(record), 0)


def _inner(found: Raw, depth: int) -> Iterator[Raw]:
    if depth > MAX_DEPTH:
        raise Malformed("envelope in envelope in envelope")
    inside = [part for key in _ENVELOPES if (part := found.get(key)) and _holds_objects(part)]
    if not inside:
        yield found
    for part in inside:
        for one in part if isinstance(part, list) else [part]:
            if isinstance(one, str):
                one = _object(one)
            if isinstance(one, dict):
                yield from _inner(one, depth + 1)


def _holds_objects(part: object) -> bool:
    if isinstance(part, list):
        return any(isinstance(one, dict) for one in part)
    return isinstance(part, dict) or (isinstance(part, str) and part.lstrip()[:1] == "{")


def _object(said: str) -> Raw:
    return json_object(said.encode("utf-8", "surrogatepass"))


def lowered(found: Raw) -> Raw:
    """The object with its keys in lower case: the same log is written with both spellings."""
    return {key.lower(): value for key, value in found.items()}


def parsed(value: object) -> Raw:
    """An object that may be written as JSON text (Azure exports its properties so); {} for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        return _object(value)
    return value if isinstance(value, dict) else {}


def within(found: Raw, names: tuple[str, ...]) -> object:
    """The first value under one of several names that is there and not empty."""
    return next((found[name] for name in names if found.get(name) not in (None, "")), None)
