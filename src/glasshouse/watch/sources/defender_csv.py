"""Defender network and process events as CSV, quoted newlines allowed: one record in, Events out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch import parse_defender
from glasshouse.watch.parse import Layout, text

TITLE = "Microsoft Defender DeviceNetworkEvents and DeviceProcessEvents (CSV export)"
FORMATS = ("CSV of the portal or of the device timeline; the header names the columns, in any order",)
CUT = "csv"
NEEDLES = (rb"ActionType", rb',"?(43|4321|5432)"?,')
SPELLINGS = ("json",)  # AdditionalFields is JSON
LINKED = False
SEES = parse_defender.SEES
BLIND = parse_defender.BLIND

_WANTED = ({"ActionType", "RemoteUrl"}, {"ActionType", "ProcessCommandLine"})


def detect(head: bytes) -> int:
    """92 when the first line names Defender's columns."""
    try:
        names = set(_cells(head.split(b"\n", 1)[0]))
    except Malformed:
        return 0
    return 92 if any(wanted <= names for wanted in _WANTED) and "DeviceName" in names else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One CSV record; a header (also a later one, of files joined) sets the columns."""
    cells = _cells(record)
    if not any(cells):
        return
    if "ActionType" in cells and ("Timestamp" in cells or "TimeGenerated" in cells):
        layout.fields = tuple(cells)
        return
    if not layout.fields:
        raise Malformed("a record before the header")
    if len(cells) != len(layout.fields):
        raise Malformed(f"{len(cells)} columns, the header names {len(layout.fields)}")
    yield from parse_defender.events_of(dict(zip(layout.fields, cells, strict=True)), layout)


def _cells(record: bytes) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text(record), newline=""), strict=True), [])
    except csv.Error as problem:
        raise Malformed(f"not CSV: {str(problem)[:80]}") from None
