"""Syslog lines of any program in (RFC 3164, RFC 5424, ISO 8601 stamps), what the program wrote out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, lines_that
from glasshouse.watch.parse_syslog import HEADED, unwrapped

TITLE = "Syslog"
FORMATS = (
    "RFC 3164, with or without priority, year and host name",
    "RFC 5424 with structured data",
    "ISO 8601 stamps of rsyslog, syslog-ng, NXLog and journalctl -o short-iso",
    "RFC 6587 octet counts before lines",
)
CUT = "lines"
SPELLINGS: tuple[str, ...] = ()
NEEDLES: tuple[bytes, ...] = ()
HEADER = True
_SURE, _SOME = 0.5, 0.05


def detect(head: bytes) -> int:
    """80 when most lines have a syslog header, 40 when some have."""
    if head[:1] in (b"{", b"["):
        return 0
    part = lines_that(HEADED, head)
    return 80 if part >= _SURE else 40 if part >= _SOME else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The message of one line; a line without a header (of a message over several lines) as it is."""
    line = record.rstrip(b"\r\n")
    if line.strip():
        yield unwrapped(line, layout)
