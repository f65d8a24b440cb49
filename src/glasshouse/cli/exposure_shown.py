"""What is public about us in, the same as the settings let it be seen out: staff as tokens."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from glasshouse.cli import options

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.findings import Exposure, Judged

Record = TypeVar("Record")


def asked(home: Path | None, settings: Path | None) -> Options:
    """The options of a command that reads no logs."""
    return options.gather("", None, None, None, None, None, None, home, settings=settings)


def exposed(wanted: Options, at: str | None = None, since: str | None = None) -> Exposure:
    """What is public at a time, as it may be shown."""
    from glasshouse.flow_exposure import exposure

    found = exposure(wanted, at, since)
    return covered(wanted, found, found.changes)


def covered(wanted: Options, record: Record, changes: Iterable[Judged]) -> Record:
    """A record with tokens in the place of staff who decided or approved, where the settings say so."""
    cover = options.covering(wanted)
    if cover is None:
        return record
    from glasshouse.flow_evidence import staff

    for name in staff(wanted, changes):
        if cover.everybody or (cover.protected and cover.protected("user", name)):
            cover.hide("user", name)
    return cover.shown(record)
