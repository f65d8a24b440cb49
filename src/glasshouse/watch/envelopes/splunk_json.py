"""Splunk's JSON in (search export, results, HTTP Event Collector), the raw events in it out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, Raw, first_object, json_object, member, several

# https://help.splunk.com/en/splunk-enterprise/search/search-manual/export-search-results
TITLE = "Splunk export (JSON)"
FORMATS = (
    'search export: {"preview": false, "result": {"_raw": ..., "_time": ..., "sourcetype": ...}}, one a line',
    '{"results": [{"_raw": ...}]}, and rows with _raw as lines or an array',
    'HTTP Event Collector: {"time": ..., "sourcetype": ..., "event": ...}',
)
CUT = "json"
SPELLINGS = ("json",)
NEEDLES: tuple[bytes, ...] = ()
HEADER = False


def detect(head: bytes) -> int:
    """96 for _raw, 90 for what is sent to the HTTP Event Collector."""
    if b'"_raw"' in head and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return 96
    first = first_object(head)
    known = "sourcetype" in first or ("time" in first and ("index" in first or "source" in first))
    return 90 if known and isinstance(first.get("event"), str | dict) else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """One result, or a whole document of results."""
    if record.strip(b" \t\r\n,[]"):
        yield from _inner(json_object(record), layout)


def _inner(fields: Raw, layout: Layout) -> Iterator[Inner]:
    if isinstance(fields.get("result"), dict):
        fields = fields["result"]
    if "_raw" in fields:
        yield from member(fields, "_raw", layout, "sourcetype", "_time", "host")
    elif "event" in fields:
        yield from member(fields, "event", layout, "sourcetype", "time", "host")
    else:
        yield from several(fields.get("results"), lambda one: _inner(one, layout))
