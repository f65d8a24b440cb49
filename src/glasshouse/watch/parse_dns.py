"""Toolbox of the resolver logs: a line in, its time stamp, sender and message out."""

from __future__ import annotations

import re
from typing import NamedTuple

from glasshouse.errors import Malformed
from glasshouse.watch.parse import MONTHS, Layout, calendar_time, epoch, iso, yearless

NO_TIME = "the log writes no time"

# ISO 8601, "[seconds since 1970]", BIND's own 20-Nov-2026, and syslog's "Nov 20" (RFC 3164, 4.1.2) with or
# without a year; before it maybe a syslog priority, and the version of RFC 5424.
_STAMP = re.compile(
    r"(?:<\d{1,3}>)?(?:1 )?(?:"
    r"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|\[(?P<epoch>\d{1,11}(?:\.\d{1,9})?)\]"
    r"|(?P<date>\d\d-[A-Za-z]{3}-\d{4}) (?P<time>\d\d:\d\d:\d\d(?:\.\d{1,9})?)"
    r"|(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})(?: (?P<year>\d{4}))? "
    r"(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?)"
    r")(?:\s+|$)",
    re.ASCII,
)
_TYPE = re.compile(r"(?:TYPE|type=)?(\d{1,5})$", re.ASCII)
_TYPE_NAMES = {"64": "SVCB", "65": "HTTPS", "255": "ANY", "257": "CAA"}  # IANA DNS parameters


class Line(NamedTuple):
    """A log line without its header; ``stamp`` is its last time stamp, ``pid`` that of the program."""

    message: str
    stamp: re.Match[str] | None
    pid: str | None


def sender(programs: str) -> re.Pattern[str]:
    """A pattern for "host program[pid]:" or RFC 5424's "host program pid id data", for some programs."""
    return re.compile(
        rf"\S+ (?:{programs}) (?P<procid>\S+) \S+ (?:-|\[[^\]]*\]) +"
        rf"|(?:\S+ )?(?:{programs})(?:\[(?P<pid>[^\]\s]*)\]:?|:) +"
    )


def unwrap(line: str, programs: re.Pattern[str]) -> Line:
    """Take time stamps and sender off a line; a stamp behind the sender is the program's own and wins."""
    line = line.lstrip("\ufeff ")
    stamp = _STAMP.match(line)
    rest = line[stamp.end() :] if stamp else line
    sent = programs.match(rest)
    if sent is None:
        return Line(rest, stamp, None)
    rest = rest[sent.end() :]
    own = _STAMP.match(rest)
    if own:
        rest = rest[own.end() :]
    return Line(rest, own or stamp, sent["pid"] or sent["procid"])


def moment(stamp: re.Match[str] | None, layout: Layout) -> tuple[int | None, str | None]:
    """A time stamp in microseconds UTC and the doubt it carries; raises Malformed for impossible times."""
    if stamp is None:
        return None, NO_TIME
    if stamp["iso"]:
        return iso(stamp["iso"], layout)
    if stamp["epoch"]:
        return epoch(stamp["epoch"]), None
    if stamp["date"]:
        day, month, year = stamp["date"].split("-")
        return calendar_time(int(year), _month(month), int(day), stamp["time"], layout)
    if stamp["year"]:
        return calendar_time(
            int(stamp["year"]), _month(stamp["month"]), int(stamp["day"]), stamp["clock"], layout
        )
    return yearless(stamp["month"], stamp["day"], stamp["clock"], layout)


def _month(name: str) -> int:
    number = MONTHS.get(name.lower())
    if number is None:
        raise Malformed("month is not a month name")
    return number


def query_type(said: str) -> str:
    """A DNS record type as a name: "type=65" and "TYPE65" become "HTTPS", unknown numbers "TYPE..."."""
    number = _TYPE.match(said)
    if number:
        return _TYPE_NAMES.get(number[1], f"TYPE{number[1]}")
    return said.upper()


def address(remote: str) -> str:
    """The address of "192.0.2.1:53", "[2001:db8::1]:53" or a bare address."""
    if remote.startswith("["):
        return remote[1:].partition("]")[0]
    return remote.rpartition(":")[0] if remote.count(":") == 1 else remote


def share(lines: list[str], hits: int) -> float:
    """Which part of the lines that are not blank was recognised."""
    written = sum(1 for line in lines if line.strip())
    return hits / written if written else 0.0
