"""Nothing comes in, the three dates of the demo's surveys out, and times in the spellings of databases."""

from __future__ import annotations

from datetime import UTC, datetime

DATES = ("2026-02-17", "2026-03-03", "2026-03-17")  # Tuesdays; the last one is the day of the demo
HOUR = "06:00:00"


def micro(text: str) -> int:
    """Microseconds of ``2026-03-17`` or ``2026-03-17T06:00:00``, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def seconds(text: str) -> int:
    return micro(text) // 1_000_000


def moment(date: str) -> int:
    """When the survey of a date was made."""
    return micro(f"{date}T{HOUR}")
