"""Splunk's CSV export in, the raw event of each row out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, cells, member, row

TITLE = "Splunk export (CSV)"
FORMATS = ("CSV with a _raw column; _time, host, source and sourcetype where they are",)
CUT = "csv"
SPELLINGS: tuple[str, ...] = ()
NEEDLES = (rb"\b_raw\b",)
HEADER = False


def detect(head: bytes) -> int:
    """96 when the header names _raw."""
    if b"_raw" not in head[:4096]:
        return 0
    try:
        return 96 if "_raw" in cells(head.split(b"\n", 1)[0]) else 0
    except Malformed:
        return 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The raw event of one row."""
    found = row(record, layout, lambda names: "_raw" in names)
    if found is not None:
        yield from member(found, "_raw", layout, "sourcetype", "_time", "host")
