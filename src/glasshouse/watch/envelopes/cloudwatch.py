"""CloudWatch Logs JSON in (subscriptions, get-log-events, Insights), the messages in it out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, Raw, first_object, json_object, member, several

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
TITLE = "Amazon CloudWatch Logs (JSON)"
FORMATS = (
    'subscription: {"messageType": "DATA_MESSAGE", "logGroup": ..., "logEvents": [{"timestamp", "message"}]}',
    'aws logs get-log-events or filter-log-events: {"events": [...]}',
    'one {"timestamp": ..., "message": ...} a line',
    'Logs Insights: {"@timestamp": ..., "@message": ...}',
)
CUT = "json"
SPELLINGS = ("json",)
NEEDLES: tuple[bytes, ...] = ()
HEADER = False


def detect(head: bytes) -> int:
    """96 for log events of a group, 92 for bare events, which hold nothing but message, time and ids."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:65536]
    if start[:1] not in (b"{", b"["):
        return 0
    if b'"logEvents"' in start and b'"logGroup"' in start:
        return 96
    if start.startswith(b"{") and b'"events"' in start[:200] and b'"message"' in start:
        return 94 if b'"ingestionTime"' in start or b'"timestamp"' in start else 0
    first = first_object(head)
    if "@message" in first:
        return 92
    return 92 if isinstance(first.get("message"), str) and first.keys() <= _NAMES else 0


_NAMES = {"message", "timestamp", "ingestionTime", "eventId", "logStreamName", "logGroup", "logStream", "id"}


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """All messages of one object."""
    if record.strip(b" \t\r\n,[]"):
        yield from _inner(json_object(record), layout)


def _inner(fields: Raw, layout: Layout, group: str = "") -> Iterator[Inner]:
    if "@message" in fields:
        yield from member(fields, "@message", layout, "@log", "@timestamp")
        return
    if "message" in fields:
        for inner in member(fields, "message", layout, "logGroup", "timestamp"):
            yield Inner(inner.data, inner.program or group, inner.time, inner.doubt)
        return
    own = str(fields.get("logGroup") or "")
    for name in ("logEvents", "events"):
        yield from several(fields.get(name), lambda one: _inner(one, layout, own))
