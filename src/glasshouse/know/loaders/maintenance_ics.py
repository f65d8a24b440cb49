"""A calendar of maintenance windows in (iCalendar, RFC 5545), change records out: one per occurrence.

A calendar does not approve: ``approved`` stays open unless ``X-APPROVED-BY`` names who did, and is False for
what is cancelled. Rules that repeat more often than daily are refused. Occurrences are given from 400 days
ago to 400 days ahead; those of a rule with an end are given from its beginning.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_changes
from glasshouse.known import Change, Fact
from glasshouse.records import Trouble

if TYPE_CHECKING:
    from icalendar import Component

TITLE = "Maintenance windows, iCalendar"
GIVES = ("changes",)
AROUND = timedelta(days=400)
MOST = 5_000  # occurrences of one event that ends
STEPS = 50_000  # occurrences that are counted at all: a daily window since 1970 is 21,000
EMPTY = 3  # rules that never happen: finding that out costs seconds, and nobody writes them
_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
NEXT = "write it with TZID or as UTC; RFC 5545, 3.3.5 and 3.3.10"


@dataclass(slots=True)
class _Calendar:
    """What is known while one file is read."""

    name: str
    now: datetime
    replaced: dict[str, set[int]] = field(default_factory=dict)  # UID: occurrences that stand on their own
    floating: bool = False
    empty: int = 0
    number: int = 0


def detect(head: bytes, name: str) -> int:
    """Sure of a calendar."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].upper()
    return 90 if start.startswith(b"BEGIN:VCALENDAR") else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """Every occurrence of every event as a change; raises Malformed when it is no calendar."""
    events = _events(data)
    calendar = _Calendar(name, datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None))
    for event in events:
        if (at := _moment(event, "RECURRENCE-ID")) is not None:
            calendar.replaced.setdefault(str(event.get("UID", "")), set()).add(_micro(at))
    for calendar.number, event in enumerate(events, 1):
        try:
            yield from _changes(event, calendar)
        except (ValueError, TypeError, AttributeError, OverflowError, KeyError, IndexError) as problem:
            yield parse.trouble(name, calendar.number, f"event cannot be read: {_short(problem)}", NEXT)
    if calendar.floating:
        yield parse.trouble(name, None, "times without a zone are read as UTC", NEXT)


def _short(problem: Exception) -> str:
    return " ".join(str(problem).split())[:120] or type(problem).__name__


def _events(data: bytes) -> list[Component]:
    from icalendar import Calendar  # 0.2 s: only when a calendar is there

    try:
        found = Calendar.from_ical(parse.text(data), multiple=True)
        return [event for one in found for event in one.walk("VEVENT")]
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as problem:
        raise Malformed(f"not a calendar: {_short(problem)}") from None


def _changes(event: Component, calendar: _Calendar) -> Iterator[Change | Trouble]:
    begin = _moment(event, "DTSTART")
    if begin is None:
        yield parse.trouble(calendar.name, calendar.number, "an event without a time", NEXT)
        return
    calendar.floating |= isinstance(begin, datetime) and begin.tzinfo is None
    length, alone = _length(event, begin), "RRULE" not in event and "RDATE" not in event
    starts = [begin] if alone else list(_starts(event, begin, calendar))
    own = "RECURRENCE-ID" in event
    gone = set() if own else calendar.replaced.get(str(event.get("UID", "")), set())
    gone = gone | {_micro(one) for one in _listed(event, "EXDATE")}
    for start in starts:
        if _micro(start) not in gone:
            yield _change(event, start, length, alone and not own, calendar)


def _change(event: Component, start: date, length: timedelta, alone: bool, calendar: _Calendar) -> Change:
    since = _micro(start)
    ident = str(event.get("UID", "")) or f"{calendar.name}#{calendar.number}"
    state = str(event.get("STATUS", "")).strip().lower()
    by = str(event.get("X-APPROVED-BY", "")).strip()
    title, about = (_words(event.get(key)) for key in ("SUMMARY", "DESCRIPTION"))
    listed = [_words(event.get(key)) for key in ("LOCATION", "RESOURCES", "X-ASSETS")]
    return Change(
        id=ident if alone else f"{ident} {_stamp(since)}",
        title=title,
        since=since,
        until=since + round(length / timedelta(microseconds=1)),
        approved=False if state == "cancelled" else True if by else None,
        approved_by=by or None,
        state=state or None,
        requested_by=parse_changes.requester(_words(event.get("ORGANIZER")).lower().removeprefix("mailto:")),
        assets=parse_changes.assets(listed, [title, about]),
        origin=f"{calendar.name}:{calendar.number}",
    )


def _length(event: Component, begin: date) -> timedelta:
    end, duration = _moment(event, "DTEND"), event.get("DURATION")
    if end is not None:
        length = timedelta(microseconds=_micro(end) - _micro(begin))
    elif duration is not None:
        length = duration.dt
    else:
        length = timedelta(days=0 if isinstance(begin, datetime) else 1)
    if not isinstance(length, timedelta) or length < timedelta(0):
        raise ValueError("it ends before it begins")
    return length


def _starts(event: Component, begin: date, calendar: _Calendar) -> Iterable[date]:
    """When it happens, in order: DTSTART, what its rules make of it, and RDATE."""
    rules = _several(event.get("RRULE"))
    found = {_micro(one): one for one in (begin, *_listed(event, "RDATE"))}
    for rule in rules:
        found |= {_micro(one): one for one in _repeated(rule, begin, calendar)}
    low, high = _micro(calendar.now - AROUND), _micro(calendar.now + AROUND)
    if all("UNTIL" in rule or "COUNT" in rule for rule in rules) and len(found) <= MOST:
        low = min(found)
    return [found[at] for at in sorted(found) if low <= at <= max(high, _micro(begin))]


def _repeated(rule: Any, begin: date, calendar: _Calendar) -> list[date]:  # noqa: ANN401 -- icalendar's own type
    """Occurrences of one rule on the wall clock of its zone, so that 22:00 stays 22:00 in summer."""
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

    if _OFTEN & {str(one).upper() for one in rule.get("FREQ", ())} or min(rule.get("INTERVAL", [1])) < 1:
        raise ValueError("it repeats more often than daily")
    if calendar.empty >= EMPTY:
        raise ValueError("too many rules here never happen: no more are tried")
    zone = begin.tzinfo if isinstance(begin, datetime) else None
    wall = _wall(begin, zone)
    if not 1970 <= wall.year <= 2200:
        raise ValueError("it begins before 1970 or after 2200")
    stop = max(calendar.now, wall) + AROUND
    stop = min([stop, *(_wall(one, zone, end=True) for one in rule.get("UNTIL", ()))])
    kept = {key: value for key, value in rule.items() if key not in ("UNTIL", "COUNT")}
    text = f"{type(rule)(kept).to_ical().decode()};UNTIL={stop:%Y%m%dT%H%M%S}"
    count = min([STEPS, *rule.get("COUNT", ())])
    walls = list(islice(rrulestr(text, dtstart=wall), count))
    if len(walls) == STEPS:
        raise ValueError("it repeats too often")
    calendar.empty += not walls
    if not isinstance(begin, datetime):
        return [one.date() for one in walls]
    return [one.replace(tzinfo=zone) for one in walls]


def _wall(when: date, zone: tzinfo | None, end: bool = False) -> datetime:
    """A moment as a clock in that zone shows it; of a date its first or last second."""
    if isinstance(when, datetime):
        return (when.astimezone(zone or UTC) if when.tzinfo else when).replace(tzinfo=None)
    hour, rest = (23, 59) if end else (0, 0)
    return datetime(when.year, when.month, when.day, hour, rest, rest)  # noqa: DTZ001 -- a wall clock


def _listed(event: Component, key: str) -> list[date]:
    """The moments of EXDATE or RDATE; of a period its beginning."""
    dates = [one.dt for listed in _several(event.get(key)) for one in listed.dts]
    return [one[0] if isinstance(one, tuple) else one for one in dates]


def _several(value: Any) -> list[Any]:  # noqa: ANN401 -- one property, or a list where it is repeated
    return [] if value is None else value if isinstance(value, list) else [value]


def _moment(event: Component, key: str) -> date | None:
    said = _several(event.get(key))
    found = said[0].dt if said else None
    return found if isinstance(found, date) else None


def _micro(when: date) -> int:
    found = parse.time(when)
    if found is None:
        raise ValueError("a time out of range")
    return found


def _stamp(when: int) -> str:
    return f"{datetime.fromtimestamp(when / 1_000_000, UTC):%Y-%m-%dT%H:%MZ}"


def _words(value: Any) -> str:  # noqa: ANN401 -- text, a list of texts, or a property said twice
    return ", ".join(" ".join(str(one).split()) for one in _several(value))
