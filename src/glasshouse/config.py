"""Where Glasshouse keeps its own things, and what a run was asked to do."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.settings import Settings

_RELATIVE = re.compile(r"(\d{1,6})\s*([smhdw])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Zones:
    """The zone of times that name none: one for all logs, others for single log formats."""

    every: tzinfo | None = None
    single: tuple[tuple[str, tzinfo], ...] = ()

    def of(self, source: str) -> tzinfo | None:
        """The zone said for one log format."""
        return dict(self.single).get(source, self.every)

    def __str__(self) -> str:
        said = [str(self.every)] if self.every else []
        return ",".join(said + [f"{source}={where}" for source, where in self.single])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run: what is ours, which time, which format, and the user's own leaves."""

    own: str = ""
    since: int | None = None  # microseconds, inclusive
    until: int | None = None  # microseconds, exclusive
    zone: Zones | tzinfo | None = None
    source: str | None = None
    rules: tuple[Path, ...] = ()
    opendbs: tuple[Path, ...] = ()
    home: Path | None = None
    sieve: bool = True
    quarantine: Path | None = None  # folder for records that cannot be read
    quarantine_raw: bool = False  # keep them as they are, secrets and all
    max_unpacked: int | None = None  # bytes that one packed file may unpack to
    settings: Settings = field(default_factory=lambda: _defaults())
    settings_file: Path | None = None  # where they were said to be


def _defaults() -> Settings:
    from glasshouse.settings import Settings

    return Settings()


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


def zone(said: str | None) -> Zones | None:
    """Time zones for logs whose times name none: "Europe/Berlin", "bind=Asia/Tokyo" or both with a comma."""
    if said is None:
        return None
    every, single = None, {}
    for part in filter(None, (part.strip() for part in said.split(","))):
        source, mark, name = part.rpartition("=")
        if mark:
            single[source.strip()] = _zone(name.strip())
        else:
            every = _zone(name)
    return Zones(every, tuple(sorted(single.items(), key=lambda item: item[0])))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"no time zone named {name!r}",
            next_step="use an IANA name such as Europe/Berlin, or bind=Europe/Berlin for one log format",
        ) from None


def octets(said: str | None) -> int | None:
    """A size such as "4GiB", "500MB" or "0" (no limit) in bytes; raises UsageError."""
    if said is None:
        return None
    match = re.fullmatch(r"(\d{1,15})\s*([kmgt]?)(i?)b?", said.strip().lower(), re.ASCII)
    if not match:
        raise UsageError(f"{said!r} is not a size", next_step='write "4GiB", "500MB" or "0" for no limit')
    step = 1024 if match[3] else 1000
    return int(match[1]) * step ** " kmgt".index(match[2] or " ") or sys.maxsize
