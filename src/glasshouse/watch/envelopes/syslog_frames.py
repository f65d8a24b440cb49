"""Octet-counted syslog without line ends (RFC 6587, as on TCP) in, what each program wrote out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner
from glasshouse.watch.parse_syslog import unwrapped

# https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1
TITLE = "Syslog in octet-counted frames"
FORMATS = ("length, blank, message, with nothing between the frames",)
CUT = "frames"
SPELLINGS: tuple[str, ...] = ()
NEEDLES: tuple[bytes, ...] = ()
HEADER = True

_FRAME = re.compile(rb"(\d{1,7}) <\d{1,3}>")


def detect(head: bytes) -> int:
    """93 when a second frame, or the end, stands where the first count says, and no line end."""
    first = _FRAME.match(head)
    if not first:
        return 0
    end = first.end(1) + 1 + int(first[1])
    if end > len(head):
        return 60 if len(head) >= 65_000 else 0
    whole = end == len(head) and not head.endswith(b"\n")
    return 93 if whole or _FRAME.match(head, end) else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The message of one frame."""
    if record.strip():
        yield unwrapped(record.rstrip(b"\r\n"), layout)
