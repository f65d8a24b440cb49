"""A sink, a report and a stream in, text that suits the stream out: as wide and colourful as it is."""

from __future__ import annotations

import os
import shutil
from typing import Protocol, TextIO, runtime_checkable

from glasshouse.records import Report
from glasshouse.report.paper import WIDTH
from glasshouse.report.sinks import Sink


@runtime_checkable
class TerminalSink(Protocol):
    """What a sink offers besides when it can make use of a terminal."""

    def for_terminal(self, report: Report, width: int, *, colour: bool) -> str:
        """Return the report ``width`` columns wide."""
        ...


def wants_colour(stream: TextIO) -> bool:
    """Return whether colour is welcome: a terminal, not ``dumb``, NO_COLOR (no-color.org) unset or empty."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def render_for(sink: Sink, report: Report, stream: TextIO) -> str:
    """Return the report as ``stream`` can show it best."""
    if isinstance(sink, TerminalSink) and stream.isatty():
        width = shutil.get_terminal_size().columns
        return sink.for_terminal(report, width, colour=wants_colour(stream))
    return sink.render(report)


def look(stream: TextIO | None) -> tuple[int, bool]:
    """How wide a page may be and whether colour is welcome; 100 columns and none where nobody looks."""
    if stream is None or not stream.isatty():
        return WIDTH, False
    return shutil.get_terminal_size().columns, wants_colour(stream)
