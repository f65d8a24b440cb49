"""Toolbox of the sources: raw field text in, typed values out; anything impossible raises Malformed."""

from __future__ import annotations

import calendar
import codecs
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

import orjson

from glasshouse.errors import Malformed

MICRO = 1_000_000
MAX_DEPTH = 64
_BLANK = b" \t\r\n\0\x1e"  # RFC 7464 begins each text with 1e
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?$", re.ASCII
)
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
_CLF = re.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})$", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d*)?$", re.ASCII)


@dataclass(slots=True)
class Layout:
    """What a source remembers while it reads one file, from its first record to its last.

    ``fields`` and ``separator`` come from header lines; ``zone`` is the zone of times that name none;
    ``today`` is the file's date, for logs that write no year; ``notes`` holds anything else.
    """

    fields: tuple[str, ...] = ()
    separator: str = "\t"
    zone: tzinfo = UTC
    zone_given: bool = False
    today: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: dict[str, str] = field(default_factory=dict)


def text(record: bytes) -> str:
    """The record as text without its line end; bytes that are not UTF-8 are read as Latin-1.

    So two accounts written in Latin-1 stay two. Zeros before it are a hole that a crash or a truncation left.
    """
    return record.decode("utf-8", _AS_LATIN_1).lstrip("\ufeff\0").rstrip("\r\n")


def _as_latin_1(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return problem.object[problem.start : problem.end].decode("latin-1"), problem.end


_AS_LATIN_1 = "glasshouse-latin-1"
codecs.register_error(_AS_LATIN_1, _as_latin_1)


def json_object(record: bytes) -> dict[str, Any]:
    """The record as a JSON object; raises Malformed for anything else or nested deeper than 64."""
    body = record.strip(_BLANK).removeprefix(b"\xef\xbb\xbf").strip(_BLANK + b",")
    if body[:1] == b"[" and not body.startswith(b"[{"):
        body = body[1:].strip()
    if _too_deep(body):
        raise Malformed(f"JSON nested deeper than {MAX_DEPTH}")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        value = _again(body)
        if value is None:
            raise Malformed(f"not JSON: {str(problem)[:120]}") from None
    if not isinstance(value, dict):
        raise Malformed("JSON, but not an object")
    return value


def _again(body: bytes) -> Any:  # noqa: ANN401 -- JSON is any
    """JSON whose text is not UTF-8, its odd bytes read as Latin-1; None when that is not what ails it."""
    text = body.decode("utf-8", _AS_LATIN_1).encode()
    try:
        return orjson.loads(text) if text != body else None
    except orjson.JSONDecodeError:
        return None


def _too_deep(body: bytes) -> bool:
    if body.count(b"{") + body.count(b"[") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    for token in _BRACKETS.findall(body):
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in b"]}":
            depth -= 1
    return deepest > MAX_DEPTH


def dig(record: dict[str, Any], path: str) -> Any:  # noqa: ANN401 -- JSON is any
    """The value at a dotted path, whether the keys are nested or written with dots; None if absent."""
    if path in record:
        return record[path]
    here: Any = record
    parts = path.split(".")
    for number, part in enumerate(parts):
        if not isinstance(here, dict):
            return None
        rest = ".".join(parts[number:])
        if rest in here:
            return here[rest]
        here = here.get(part)
    return here


def string(value: object) -> str | None:
    """A non-empty string, or None; numbers become text, the usual "nothing" marks become None."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    said = str(value).strip()
    return None if said in ("", "-", "(empty)", "N/A") else said


def integer(value: object) -> int | None:
    """A whole number from a number or digits; None where there is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if abs(value) < 2**62 else None
    said = str(value).strip()
    if said[:2].lower() == "0x":
        try:
            return int(said[2:18], 16)
        except ValueError:
            return None
    return int(float(said)) if _NUMBER.match(said) else None


def seconds(value: object) -> int | None:
    """A length of time in seconds, as text or number, in microseconds; None where there is none."""
    said = str(value).strip() if value is not None else ""
    if not _NUMBER.match(said):
        return None
    whole, _, part = said.partition(".")
    micro = int((part + "000000")[:6])
    return int(whole) * MICRO + (-micro if whole.startswith("-") else micro)


def epoch(value: object) -> int:
    """Seconds since 1970 (text or number, with fraction) in microseconds; raises Malformed."""
    got = seconds(repr(value) if isinstance(value, float) else value)
    if got is None:
        raise Malformed("time is not seconds since 1970")
    return got


def iso(value: str, layout: Layout) -> tuple[int, str | None]:
    """ISO 8601 text in microseconds and a doubt when it names no zone; raises Malformed."""
    match = _ISO.match(value.strip())
    if not match:
        raise Malformed("time is not ISO 8601")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, zone = match.group(7), match.group(8)
    whole = _stamp(year, month, day, hour, minute, second)
    micro = whole * MICRO + int(((fraction or "") + "000000")[:6])
    if zone is None:
        return local(micro, layout)
    return micro - zone_offset(zone) * MICRO, None


def clf(value: str) -> int:
    """The bracketed date of a common log format line, for example 20/Nov/2026:21:54:57 +0000."""
    match = _CLF.match(value)
    if not match or match.group(2).lower() not in MONTHS:
        raise Malformed("time is not of the common log format")
    day, month, year, hour, minute, second, zone = match.groups()
    whole = _stamp(int(year), MONTHS[month.lower()], int(day), int(hour), int(minute), int(second))
    return (whole - zone_offset(zone)) * MICRO


def calendar_time(year: int, month: int, day: int, clock: str, layout: Layout) -> tuple[int, str | None]:
    """A date and "hh:mm:ss[.fraction]" without zone, in microseconds, with the doubt it carries."""
    match = re.match(r"(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d{1,9}))?$", clock, re.ASCII)
    if not match:
        raise Malformed("clock time is not hh:mm:ss")
    whole = _stamp(year, month, day, int(match[1]), int(match[2]), int(match[3]))
    return local(whole * MICRO + int(((match[4] or "") + "000000")[:6]), layout)


def yearless(month: str, day: str, clock: str, layout: Layout) -> tuple[int, str | None]:
    """A syslog date ("Nov 20 21:57:32"): the latest year that is not after the file's own date."""
    number = MONTHS.get(month.lower())
    if number is None:
        raise Malformed("month is not a month name")
    limit = (layout.today.timestamp() + 86400) * MICRO
    years = range(layout.today.year, layout.today.year - (9 if (number, day) == (2, "29") else 2), -1)
    for year in years:
        if (number, day) == (2, "29") and not calendar.isleap(year):
            continue
        got, doubt = calendar_time(year, number, int(day), clock, layout)
        if got <= limit:
            break
    return got, "; ".join(filter(None, (doubt, "the log writes no year: taken from the file's date")))


def local(micro: int, layout: Layout) -> tuple[int, str | None]:
    """Move a wall-clock time of the layout's zone to UTC; a doubt when nobody said the zone."""
    naive = datetime.fromtimestamp(0, UTC).timestamp() + micro // MICRO
    try:
        wall = datetime.fromtimestamp(naive, UTC).replace(tzinfo=layout.zone)
        offset, other = wall.utcoffset(), wall.replace(fold=1).utcoffset()
    except (ValueError, OverflowError, OSError):
        raise Malformed("time is out of range") from None
    shift = int(offset.total_seconds()) if offset else 0
    doubt = None if layout.zone_given else "local time without zone, read as UTC"
    if offset != other:
        doubt = "local time in the hour of a clock change"
    return micro - shift * MICRO, doubt


def zone_offset(zone: str) -> int:
    """Seconds east of UTC for "Z", "+0200" or "-05:30"."""
    if zone in ("Z", "z"):
        return 0
    digits = zone[1:].replace(":", "")
    east = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return -east if zone[0] == "-" else east


def _stamp(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    try:
        return calendar.timegm(
            datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timetuple()
        )
    except ValueError:
        raise Malformed("no such date or time") from None
