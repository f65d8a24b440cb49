"""Rows of several Log Analytics tables in one JSON file in, each row with its table's name out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.watch.parse import Layout, json_object, string
from glasshouse.watch.parse_envelope import Inner

# https://learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns#type
TITLE = "Rows of several Log Analytics or Sentinel tables"
FORMATS = ("JSON lines or an array of rows with Type and TimeGenerated, as `union` and `search` give them",)
CUT = "json"
SPELLINGS: tuple[str, ...] = ()
NEEDLES: tuple[bytes, ...] = ()
HEADER = False

_TABLE = re.compile(rb'"Type"\s*:\s*"([A-Za-z]\w{2,60})"')


def detect(head: bytes) -> int:
    """97 for rows of two or more tables; one table is no envelope."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[") or b'"TimeGenerated"' not in head:
        return 0
    return 97 if len(set(_TABLE.findall(head))) > 1 else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The row itself."""
    if record.strip(b" \t\r\n,[]"):
        yield Inner(record, string(json_object(record).get("Type")) or "")
