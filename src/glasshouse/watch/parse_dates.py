"""Dates in the style of the machine's country: a match of DATE and CLOCK in, time and doubt out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from glasshouse.errors import Malformed
from glasshouse.watch.parse import Layout, calendar_time

# Named groups for local_date(): 4/21/2017, 21.04.2017, 21-4-2017, 2017/04/21, 2017. 4. 21., 20170421
DATE = (
    r"(?:(?P<a>\d{1,4})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<c>\d{1,4})\.?(?:\sг\.)?"
    r"|(?P<packed>\d{8}))(?!\d)"
)
# 7:52:03 AM, 07.52.03, 7:52:03 p. m., 오후 7:52:03
CLOCK = (
    r"\s+(?:(?P<before>[^\s\d]{1,12})\s)?(?P<clock>\d{1,2}[:.]\d\d[:.]\d\d)"
    r"(?:\s(?P<after>[^\s\d]{1,12}(?:\sm\.)?))?"
)

_HALVES = {
    "am": ("a", "am", "오전", "上午", "πμ", "ص", "sa", "vorm"),
    "pm": ("p", "pm", "오후", "下午", "μμ", "م", "ch", "nachm"),
}
_ORDER = "order of dates"
_OTHER_WAY = "day and month may be the other way round"
_FROM_FILE_DATE = "order of day and month taken from the file's date"
_HALF_UNKNOWN = "mark of the half day not understood"


def remember(match: re.Match[str], layout: Layout) -> None:
    """Keep the order of day and month in the layout when this date leaves no choice."""
    order = _certain(match)
    if order:
        layout.notes[_ORDER] = order


def local_date(match: re.Match[str], layout: Layout) -> tuple[int, str | None]:
    """A date and clock in microseconds UTC and the doubts they carry; raises Malformed if impossible."""
    clock, half_doubt = _clock(match)
    order, order_doubt = _order(match, layout)
    year, month, day = _numbers(match, order)
    when, doubt = calendar_time(year, month, day, clock, layout)
    return when, "; ".join(filter(None, (doubt, order_doubt, half_doubt))) or None


def _numbers(match: re.Match[str], order: str) -> tuple[int, int, int]:
    if match["packed"]:
        said = match["packed"]
        return int(said[:4]), int(said[4:6]), int(said[6:])
    first, second, third = int(match["a"]), int(match["b"]), int(match["c"])
    if order == "ymd":
        return first, second, third
    year = third + 2000 if len(match["c"]) == 2 else third
    return (year, first, second) if order == "mdy" else (year, second, first)


def _certain(match: re.Match[str]) -> str | None:
    """The order that the date alone proves, or the separator stands for; None if two are possible."""
    if match["packed"] or len(match["a"]) == 4:
        return "ymd"
    if match["sep"] == "." or int(match["a"]) > 12:
        return "dmy"
    return "mdy" if int(match["b"]) > 12 else None


def _order(match: re.Match[str], layout: Layout) -> tuple[str, str | None]:
    own = _certain(match)
    if own:
        return own, None
    known = layout.notes.get(_ORDER)
    if known in ("dmy", "mdy"):
        return known, None
    if match["a"].zfill(2) == match["b"].zfill(2):
        return "dmy", None
    past = [order for order in ("dmy", "mdy") if _not_after(match, order, layout)]
    if len(past) == 1:
        return past[0], _FROM_FILE_DATE
    return _habit(match), _OTHER_WAY


def _not_after(match: re.Match[str], order: str, layout: Layout) -> bool:
    year, month, day = _numbers(match, order)
    try:
        return datetime(year, month, day, tzinfo=UTC) <= layout.today + timedelta(days=1)
    except ValueError:
        raise Malformed("no such date or time") from None


def _habit(match: re.Match[str]) -> str:
    """Month first goes with AM and PM (United States), not where only the second number is padded."""
    second_padded = len(match["a"]) == 1 and match["b"].startswith("0")
    return "mdy" if match["after"] in ("AM", "PM") and not second_padded and match["sep"] == "/" else "dmy"


def _clock(match: re.Match[str]) -> tuple[str, str | None]:
    hour, minute, second = re.split(r"[:.]", match["clock"])
    mark = match["after"] or match["before"]
    if not mark:
        return f"{hour}:{minute}:{second}", None
    half = _half(mark)
    if half is None or not 1 <= int(hour) <= 12:
        return f"{hour}:{minute}:{second}", _HALF_UNKNOWN if half is None else None
    return f"{int(hour) % 12 + (12 if half == 'pm' else 0):02d}:{minute}:{second}", None


def _half(mark: str) -> str | None:
    bare = re.sub(r"[.\s\u00a0\u202f]", "", mark).lower()
    for half, marks in _HALVES.items():
        if bare in marks:
            return half
    return None
