"""Defender network and process events as JSON: lines, arrays or wrapped records in, Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch import parse_defender
from glasshouse.watch.parse import Layout, json_object

TITLE = "Microsoft Defender DeviceNetworkEvents and DeviceProcessEvents (JSON)"
FORMATS = (
    "JSON lines or array of rows",
    'streaming API: {"time", "category": "AdvancedHunting-...", "properties"}, also many under "records"',
)
CUT = "json"
NEEDLES = (rb'RemotePort\\?"\s*:\s*\\?"?(43|4321|5432)\b',)
SPELLINGS = ("json",)
LINKED = False
SEES = parse_defender.SEES
BLIND = parse_defender.BLIND

_ROW = re.compile(rb'"(?:InitiatingProcess\w+|RemoteUrl|ProcessCommandLine)"\s*:')


def detect(head: bytes) -> int:
    """95 for the streaming wrapper, 91 for bare rows."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"["):
        return 0
    if b'"AdvancedHunting-' in start:
        return 95
    return 91 if b'"ActionType"' in start and b'"Device' in start and _ROW.search(start) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One JSON object: a row, a wrapped row, or several under "records"."""
    if record.strip(b" \t\r\n[],"):
        yield from _rows(json_object(record), layout)


def _rows(found: dict[str, Any], layout: Layout) -> Iterator[Event]:
    several = found.get("records")
    if isinstance(several, list):
        yield from _several([one for one in several if isinstance(one, dict)], layout)
        return
    inner = found.get("properties")
    row = {"Timestamp": found.get("time"), **inner} if isinstance(inner, dict) else found
    yield from parse_defender.events_of(row, layout)


def _several(rows: list[dict[str, Any]], layout: Layout) -> Iterator[Event]:
    """All that can be read; then Malformed if some could not: one bad row hides no other."""
    reasons: list[str] = []
    for row in rows:
        try:
            yield from _rows(row, layout)
        except Malformed as reason:
            reasons.append(str(reason))
    if reasons:
        raise Malformed(f"{len(reasons)} of {len(rows)} rows: {reasons[0]}")
