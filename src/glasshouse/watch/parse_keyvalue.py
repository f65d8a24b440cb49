"""Toolbox of gateway logs: a line of key=value pairs, or a date in any usual style, in; values out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from glasshouse.errors import Malformed
from glasshouse.watch.parse import MONTHS, Layout, calendar_time, iso, string, yearless, zone_offset

MICRO = 1_000_000
NO_DATE = "the log writes no date"

_NEXT = r"[\s,][A-Za-z_][\w.\-]{0,60}="
_PAIR = re.compile(
    r"(?:^|(?<=[\s,]))([A-Za-z_][\w.\-]{0,60})=(?:"
    r'""(?=[^\s,"])([^"]*)""'  # all quotes doubled: the line stood in a CSV cell once
    rf'|"((?:[^"\\]|\\(?!")|\\"(?!{_NEXT}|\s*$))*+\\?)"'
    rf"|((?:(?!{_NEXT}|,?\t)[^\n])*))",
    re.ASCII,
)
_UNSET = frozenset(
    (
        "none",
        "na",
        "null",
        "unknown",
        "undefined",
        "?%",
        "not available",
        "notavailable",
        "notfound",
        "notchecked",
        "outofrange",
        "invalid",
    )
)

_DIGITS = re.compile(r"\d{9,19}$", re.ASCII)
_ZONE = r"(?:\s?(?P<zone>Z|[A-Za-z]{2,5}(?:[+-]\d{1,2})?|[+-]\d\d:?\d\d))?"
_CLOCK = r"(?P<clock>\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?)"
# CEF and LEEF: Mar 01 2021 20:35:54.123 UTC; ctime: Mon Aug 28 15:43:59 2023; syslog: Nov 20 21:55:14
_NAMED = re.compile(
    r"(?:[A-Za-z]{3},? )?(?P<month>[A-Za-z]{3}) {1,2}(?P<day>\d{1,2})"
    rf"(?: (?P<year>\d{{4}}))? {_CLOCK}(?: (?P<after>\d{{4}}))?{_ZONE}$",
    re.ASCII,
)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d\d)[ -](?P<month>[A-Za-z]{{3}})[ -](?P<year>\d{{4}}) {_CLOCK}{_ZONE}$", re.ASCII
)
_NUMBERS = re.compile(rf"(?P<year>\d{{4}})[/-](?P<month>\d\d)[/-](?P<day>\d\d)[ T]{_CLOCK}{_ZONE}$", re.ASCII)
_MONTH_FIRST = re.compile(
    r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{2}|\d{4}) (?P<clock>\d{1,2}:\d\d(?::\d\d)?)(?P<zone>)$",
    re.ASCII,
)
_UTC = ("Z", "UTC", "GMT")


def pairs(line: str) -> dict[str, str]:
    """The pairs of a line, keys as logged, quotes taken off; of a key that comes twice the first value."""
    found: dict[str, str] = {}
    for match in _PAIR.finditer(line):
        doubled, quoted, plain = match[2], match[3], match[4]
        value = doubled or (quoted.replace('\\"', '"') if quoted is not None else plain)
        found.setdefault(match[1], (value or "").strip())
    return found


def said(row: Mapping[str, object], *names: str) -> str | None:
    """The first of some fields that says something; "None", "Unknown", "N/A" and the like say nothing."""
    for name in names:
        value = string(row.get(name))
        if value is not None and value.lower() not in _UNSET:
            return value
    return None


def when(value: str, layout: Layout, zone: str | None = None) -> tuple[int, str | None]:
    """Time in microseconds UTC and the doubt it carries.

    Takes seconds, milli-, micro- or nanoseconds since 1970, ISO 8601, ctime, and the dates of CEF and LEEF.
    ``zone`` is what another field says ("+0200", "UTC+2", "GMT"). Raises Malformed for anything else.
    """
    value = value.strip().strip('"')
    if _DIGITS.match(value):
        return int(value) * MICRO // 10 ** (max(0, (len(value) - 8) // 3) * 3), None
    for shape in (_NUMBERS, _NAMED, _DAY_FIRST, _MONTH_FIRST):
        match = shape.match(value)
        if match:
            return _dated(match, layout, zone)
    return iso(value, layout)


def _dated(match: re.Match[str], layout: Layout, zone: str | None) -> tuple[int, str | None]:
    parts = match.groupdict()
    year = parts["year"] or parts.get("after")
    east, unsure = _east(parts["zone"] or zone)
    given = layout if east is None else Layout(today=layout.today, zone_given=True)
    if year is None:
        moment, doubt = yearless(parts["month"], parts["day"], parts["clock"], given)
    else:
        named = parts["month"].lower()
        month = int(named) if named.isdigit() else MONTHS.get(named, 0)
        clock = parts["clock"] if parts["clock"].count(":") == 2 else f"{parts['clock']}:00"
        number = int(year) + (2000 if len(year) == 2 else 0)
        moment, doubt = calendar_time(number, month, int(parts["day"]), clock, given)
    order = "date read as month/day/year" if match.re is _MONTH_FIRST else None
    return moment - (east or 0) * MICRO, _both(doubt, unsure, order)


def _east(zone: str | None) -> tuple[int | None, str | None]:
    """Seconds east of UTC, or None with a doubt when the zone is a name nobody can resolve."""
    if not zone:
        return None, None
    zone = zone.strip().strip('"')
    if zone.upper() in _UTC:
        return 0, None
    match = re.match(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?$", zone, re.ASCII)
    if match:
        return zone_offset(f"{match[1]}{int(match[2]):02d}{match[3] or '00'}"), None
    return None, f"time zone {zone[:8]} not resolved" if zone.isalpha() else None


def _both(*doubts: str | None) -> str | None:
    return "; ".join(filter(None, doubts)) or None


def day_and_clock(row: Mapping[str, object], layout: Layout) -> tuple[int | None, str | None]:
    """The time of fields ``date``, ``time`` and ``tz``; None with a doubt where there is no date."""
    day, clock = said(row, "date"), said(row, "time")
    if not day or not clock:
        return None, NO_DATE
    if not re.match(r"\d{4}-\d\d-\d\d$", day, re.ASCII):
        raise Malformed("date is not yyyy-mm-dd")
    return when(f"{day} {clock}", layout, said(row, "tz"))
