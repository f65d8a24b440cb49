"""Toolbox of loaders: times as people and ticket systems write them in; microseconds, and doubts, out."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from glasshouse import parse

DAY = 86_400_000_000
_DATE = re.compile(r"\d{4}[-/]?\d\d[-/]?\d\d")
_ZONED = re.compile(r"(Z|[+-]\d\d:?\d\d|\d{9,13}(\.\d+)?)\Z", re.IGNORECASE)
_MONTHS = {name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
_JIRA = re.compile(r"(\d{1,2})/([A-Za-z]{3})/(\d{4}|\d\d) +(\d{1,2}):(\d\d)(?: *([AaPp])[Mm])?")


def begins(said: str) -> int | None:
    """When a span begins: a time, or the first moment of a date. UTC where no zone is said."""
    found = parse.time(said)
    return _jira(said.strip()) if found is None else found


def ends(said: str) -> int | None:
    """When a span ends, exclusive: a time, or the end of a date, as people mean ``until 31 December``."""
    found = begins(said)
    return found + DAY if found is not None and _DATE.fullmatch(said.strip()) else found


def zoned(said: str) -> bool:
    """Whether a time leaves no doubt about its zone; a bare date counts as UTC and leaves none."""
    return not said.strip() or bool(_DATE.fullmatch(said.strip()) or _ZONED.search(said.strip()))


def day(when: int) -> str:
    """A time for people: the date, and hour and minute where they are not midnight; always UTC."""
    try:
        moment = datetime.fromtimestamp(when / 1_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return str(when)
    return f"{moment:%Y-%m-%d}" if when % DAY == 0 else f"{moment:%Y-%m-%dT%H:%MZ}"


def _jira(said: str) -> int | None:
    """``20/Nov/26 10:00 AM``, how Jira writes times into CSV unless its administrator says otherwise."""
    match = _JIRA.fullmatch(said)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    year, hour = int(match[3]), int(match[4])
    if match[6]:
        hour = hour % 12 + (12 if match[6] in "Pp" else 0)
    try:
        moment = datetime(
            year if year > 99 else 2000 + year, month, int(match[1]), hour, int(match[5]), tzinfo=UTC
        )
    except ValueError:
        return None
    return round(moment.timestamp() * 1_000_000)
