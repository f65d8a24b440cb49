"""Where Glasshouse keeps its own things, and what a run was asked to do."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glasshouse.errors import UsageError

_RELATIVE = re.compile(r"(\d{1,6})\s*([smhdw])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run: what is ours, which time, which format, and the user's own leaves."""

    own: str = ""
    since: int | None = None  # microseconds, inclusive
    until: int | None = None  # microseconds, exclusive
    zone: tzinfo | None = None
    source: str | None = None
    rules: tuple[Path, ...] = ()
    opendbs: tuple[Path, ...] = ()
    home: Path | None = None
    sieve: bool = True


def home(said: Path | None = None) -> Path:
    """The home folder: as said, else $GLASSHOUSE_HOME, else the platform's place for a program's state."""
    if said is not None:
        return said
    if os.environ.get("GLASSHOUSE_HOME"):
        return Path(os.environ["GLASSHOUSE_HOME"])
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "glasshouse"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "glasshouse"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "glasshouse"


def moment(said: str | None, now: datetime | None = None) -> int | None:
    """A point in time in microseconds from "2026-03-17", "2026-03-17T08:00Z" or "24h" (ago)."""
    if said is None:
        return None
    relative = _RELATIVE.match(said.strip())
    if relative:
        ago = timedelta(**{_UNITS[relative[2]]: int(relative[1])})
        return _micro((now or datetime.now(UTC)) - ago)
    try:
        when = datetime.fromisoformat(said.strip().replace("Z", "+00:00"))
    except ValueError:
        raise UsageError(
            f"{said!r} is not a time", next_step='write "2026-03-17", "2026-03-17T08:00:00Z" or "24h"'
        ) from None
    return _micro(when if when.tzinfo else when.replace(tzinfo=UTC))


def _micro(when: datetime) -> int:
    return round(when.timestamp() * 1_000_000)


def zone(said: str | None) -> tzinfo | None:
    """A time zone by its IANA name, for logs whose times name none."""
    if said is None:
        return None
    try:
        return ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"no time zone named {said!r}", next_step="use an IANA name such as Europe/Berlin"
        ) from None
