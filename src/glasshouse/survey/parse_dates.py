"""Dates as WHOIS servers write them in; out microseconds, or nothing where day and month are not sure.

Written here: ISO 8601 and its looser kin, ``16-abr-1997``, ``2001-Aug-23``, ``May 22 2014``, ``02nd August
2000``, ``Fri Mar 29 22:03:53 GMT 2002``, ``28/04/2003``, ``21.6.2012``, ``20140921``, ``20121216134104``.
Times without a zone are read as UTC; a time with a zone that is not known here is no date.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

Order = Literal["day", "month", ""]  # what stands first in 03/04/2003; empty: not known
EARLIEST, LATEST = 1980, 9998
_ENGLISH = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: at for at, name in enumerate(_ENGLISH.split(), 1)}
_MONTHS |= {
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "dic": 12,
    "set": 9,
    "fev": 2,
    "avr": 4,
    "aou": 8,
    "mai": 5,
    "okt": 10,
}
_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0.0),
    **dict.fromkeys(("bst", "cet", "wat", "west"), 1.0),
    **dict.fromkeys(("cest", "eet", "sast", "cat", "msz"), 2.0),
    **dict.fromkeys(("eest", "eat", "trt"), 3.0),
    **dict.fromkeys(("msk", "msk/msd"), 3.0),
    **dict.fromkeys(("hkt", "awst", "sgt", "myt"), 8.0),
    **dict.fromkeys(("jst", "kst"), 9.0),
    **{"msd": 4.0, "irst": 3.5, "aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0, "art": -3.0},
    **{
        "brt": -3.0,
        "clt": -4.0,
        "clst": -3.0,
        "est": -5.0,
        "edt": -4.0,
        "mst": -7.0,
        "mdt": -6.0,
        "pst": -8.0,
        "pdt": -7.0,
    },
}
_CLOCK = r"(?:[tT ,]+(?:at )?(?P<clock>\d{1,2}:\d\d(?::\d\d)?)(?:[.,]\d+)?)?"
_ZONE = (
    r"(?:\s*(?:\(?(?:GMT|UTC))?(?P<zone>[+-]\d{1,2}:?(?:\d\d)?(?=\)?)|\(?[A-Za-z]{1,4}(?:/[A-Za-z]{3})?)\)?)?"
)
_END = rf"{_CLOCK}{_ZONE}\s*\.?(?:\s*\((?:yyyy|dd|mm)[^)]*\))?"
_DAY, _MONTH = r"(?P<day>\d{1,2})", r"(?P<month>[A-Za-z]{3,10})\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+)?"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2{_DAY}\.?{_END}",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){_END}",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<clock>\d{6})",
        rf"(?P<year>\d{{4}})[- ]{_MONTH}[- ]{_DAY}{_END}",
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th)?[-/ .]+(?:de\s+)?{_MONTH}[-/ ,]+(?:de\s+)?(?P<year>\d{{4}}){_END}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_END}",
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}{_CLOCK}{_ZONE}\s+(?P<year>\d{{4}})",
        rf"{_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?(?P<year>\d{{4}}){_END}",
    )
]
_UNSURE = re.compile(rf"(?P<a>\d{{1,2}})([-/])(?P<b>\d{{1,2}})\2(?P<year>\d{{4}}|\d\d){_END}", re.IGNORECASE)
_SHOWN = re.compile(r"(?<![\d/.-])(\d{1,2})/(\d{1,2})/(?:19|20)\d\d(?!\d)")
_STATED = re.compile(r"\b(dd|mm)/(?:mm|dd)/yyyy\b", re.IGNORECASE)
# Which registries write 03/04/2003 for the third of April, and which for March the fourth.
_DAYS, _MONTHS_FIRST = (
    "fr wf pm re tf yt lu hm im dz sm es it nl ie uk br pt tn ma sn be gp mq",
    "tk ml ga cf gq us",
)
_DAY_FIRST = frozenset(_DAYS.split())
_MONTH_FIRST = frozenset(_MONTHS_FIRST.split())


def order_in(text: str, top_level: str) -> Order:
    """What stands first in dates such as 03/04/2003 in this answer: said, shown by another date, or known."""
    if stated := _STATED.search(text):
        return "day" if stated[1].lower() == "dd" else "month"
    shown: set[Order] = set()
    for one in _SHOWN.finditer(text):
        if int(one[1]) > 12 >= int(one[2]):
            shown.add("day")
        elif int(one[2]) > 12 >= int(one[1]):
            shown.add("month")
    if len(shown) == 1:
        return shown.pop()
    return "day" if top_level in _DAY_FIRST else "month" if top_level in _MONTH_FIRST else ""


def when(said: str, order: Order = "") -> int | None:
    """Microseconds from a date in any of the forms; None when it is none, or when it is not sure which."""
    text = " ".join(said.replace('"', " ").split())[:80]
    for form in _FORMS:
        if found := form.fullmatch(text):
            part = found.groupdict()
            return _micro(part["year"], part["month"], part["day"], part)
    if found := _UNSURE.fullmatch(text):
        return _unsure(found, order)
    return None


def _unsure(found: re.Match[str], order: Order) -> int | None:
    first, second, year = found["a"], found["b"], found["year"]
    if len(year) == 2:
        if not order:
            return None
        year = f"20{year}" if int(year) < 80 else f"19{year}"
    if int(first) > 12:
        order = "day"
    elif int(second) > 12:
        order = "month"
    elif first == second:
        order = "day"
    if not order:
        return None
    day, month = (first, second) if order == "day" else (second, first)
    return _micro(year, month, day, found.groupdict())


def _micro(year: str, month: str, day: str, part: dict[str, str | None]) -> int | None:
    number = int(month) if month.isdecimal() else _MONTHS.get(month.lower()[:3], 0)
    offset = _offset(part.get("zone"))
    clock = (part.get("clock") or "0:0").replace(":", " ").split()
    if len(clock) == 1:
        clock = [clock[0][at : at + 2] for at in (0, 2, 4)]
    if offset is None or not EARLIEST <= int(year) <= LATEST:
        return None
    hour, minute, second = (int(one) for one in [*clock, "0"][:3])
    try:
        found = datetime(int(year), number, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return round((found - timedelta(hours=offset)).timestamp()) * 1_000_000


def _offset(zone: str | None) -> float | None:
    """Hours east of Greenwich; None for a zone that is not known."""
    if zone is None:
        return 0.0
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        digits = digits.zfill(2) if len(digits) < 3 else digits.zfill(4)
        hours = int(digits[:2]) + int(digits[2:] or 0) / 60
        return hours if zone[0] == "+" else -hours
    return _ZONES.get(zone.strip("()").lower())
