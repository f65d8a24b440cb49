"""Elasticsearch and OpenSearch documents as exported in, what is under _source out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, Raw, dig, json_object, member, several

# https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search
TITLE = "Elasticsearch or OpenSearch export"
FORMATS = (
    '{"_index": ..., "_source": {...}}, one a line or in an array (elasticdump, scroll)',
    '{"hits": {"hits": [...]}}: a whole answer to a search',
)
CUT = "json"
SPELLINGS = ("json",)
NEEDLES: tuple[bytes, ...] = ()
HEADER = False

_SIGN = re.compile(rb'"_source"\s*:\s*\{')
_INDEX = re.compile(rb'"_index"\s*:|"hits"\s*:|"_id"\s*:')


def detect(head: bytes) -> int:
    """94 for _source with _index, 70 for _source alone."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"[") or not _SIGN.search(head):
        return 0
    return 94 if _INDEX.search(head) else 70


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """One document, or all of an answer."""
    if record.strip(b" \t\r\n,[]"):
        yield from _inner(json_object(record), layout)


def _inner(fields: Raw, layout: Layout) -> Iterator[Inner]:
    if isinstance(fields.get("_source"), dict):
        for inner in member(fields, "_source", layout, time="_source.@timestamp"):
            yield Inner(inner.data, _family(fields), inner.time, inner.doubt)
    else:
        yield from several(dig(fields, "hits.hits"), lambda one: _inner(one, layout))


def _family(fields: Raw) -> str:
    """The index without its date and number: one family of documents."""
    return re.sub(r"[-_.]?\d[\d.\-]*$", "", str(fields.get("_index") or ""))
