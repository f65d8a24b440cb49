"""The demo's recordings of three surveys in; out, printed, what they reveal of the invented company."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from glasshouse.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from glasshouse.config import Options
    from glasshouse.flow_survey import Progress, Surveyed


def take_in(shipped: Path, asked: Options, progress: Progress) -> Surveyed:
    """Read the recordings into the demo home: decisions about alerts ask for the last survey."""
    from glasshouse.flow_saved import read

    return read([shipped / "survey"], asked, progress=progress)


def show(asked: Options, home: Path) -> None:
    """Judge what the surveys say on the last date, and print it in short."""
    from glasshouse.flow_exposure import exposure
    from glasshouse.report.exposed_brief import render
    from glasshouse.report.terminal import look

    options.tell(f"glasshouse exposure list --home {home}")
    found = exposure(asked)
    for one in found.troubles:
        options.tell(f"warning: {one.where}: {one.reason}; {one.next_step}")
    width, colour = look(sys.stdout)
    sys.stdout.write(render(found, width, colour=colour))
