"""CSV exports of tables that are otherwise JSON in (Log Analytics, Kibana), each row as JSON out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from glasshouse.errors import Malformed
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, cells, row

# https://learn.microsoft.com/en-us/azure/azure-monitor/logs/log-analytics-overview
TITLE = "CSV export of Log Analytics, Sentinel or Kibana"
FORMATS = (
    "CSV whose header names TimeGenerated or TimeGenerated [UTC], with times of the portal or ISO 8601",
    "CSV whose header names @timestamp and fields of ECS",
)
CUT = "csv"
SPELLINGS = ("json", "xml")  # cells may hold JSON (EventData, AdditionalExtensions) or XML
NEEDLES = (rb"TimeGenerated|@timestamp", rb'[,"](43|4321|5432)[",\r\n]', rb"(43|4321|5432)(\r|\n|\z)")
HEADER = False

_UTC = " [UTC]"
_PORTAL = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d\d):(\d\d)(\.\d{1,9})?\s?([AP]M)?$", re.ASCII | re.IGNORECASE
)


def detect(head: bytes) -> int:
    """85 when the header names the time of a table."""
    if b"TimeGenerated" not in head[:65536] and b"@timestamp" not in head[:65536]:
        return 0
    if head.lstrip()[:1] in (b"{", b"["):
        return 0
    try:
        return 85 if _is_header(cells(head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0])) else 0
    except Malformed:
        return 0


def _is_header(names: list[str]) -> bool:
    return len(names) > 2 and any(
        name.removesuffix(_UTC) in ("TimeGenerated", "@timestamp") for name in names
    )


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """One row; empty cells are left out."""
    found = row(record, layout, _is_header)
    if found is not None:
        named = {name.removesuffix(_UTC): _value(name, said) for name, said in found.items() if said != ""}
        yield Inner(orjson.dumps(named), named.get("Type", ""))


def _value(name: str, said: str) -> str:
    """A cell; the portal's times, month first, in columns marked [UTC] as ISO 8601."""
    match = _PORTAL.match(said) if name.endswith(_UTC) or name == "TimeGenerated" else None
    if match is None:
        return said
    month, day, year, hour, minute, second, fraction, half = match.groups()
    number = int(hour) % 12 + (12 if half.upper() == "PM" else 0) if half else int(hour)
    zone = "Z" if name.endswith(_UTC) else ""
    if int(month) > 12:
        month, day = day, month
    return f"{year}-{int(month):02}-{int(day):02}T{number:02}:{minute}:{second}{fraction or ''}{zone}"
