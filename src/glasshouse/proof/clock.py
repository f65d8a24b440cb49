"""Times in microseconds in, the spellings of log formats out; also units, and numbers that stay the same."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, date, datetime
from functools import lru_cache

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND


def midnight(day: str) -> int:
    """The beginning of a day ``YYYY-MM-DD`` (UTC)."""
    one = date.fromisoformat(day)
    return round(datetime(one.year, one.month, one.day, tzinfo=UTC).timestamp()) * SECOND


@lru_cache(maxsize=8192)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def iso(time: int, decimals: int = 6) -> str:
    """``2026-03-02T08:00:00.000000Z``, with up to seven decimals."""
    whole, part = divmod(time, SECOND)
    return f"{_second(whole)}.{f'{part:06d}0'[:decimals]}Z"


def epoch(time: int) -> str:
    """Seconds since 1970 with six decimals."""
    return f"{time // SECOND}.{time % SECOND:06d}"


def weekday(time: int) -> int:
    """0 for a Monday."""
    return (time // DAY + 3) % 7


def stream(*parts: object) -> random.Random:
    """Random numbers of its own for each part, so that a new part leaves all others as they were."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 -- has to be the same every time


@lru_cache(maxsize=65536)
def digest(text: str, length: int = 64) -> str:
    """Some hexadecimal digits that follow from a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]
