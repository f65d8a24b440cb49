"""What shippers send in (Beats, Logstash, Fluent, journald, Graylog, Google), the line they picked up out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, Raw, dig, first_object, json_object, member, string

TITLE = "JSON of a log shipper around one line"
FORMATS = (
    "Filebeat, Elastic Agent, Logstash: message or event.original, where nothing took the line apart before",
    "journalctl -o json: MESSAGE",
    "Graylog (GELF): short_message, full_message",
    "Google Cloud LogEntry: textPayload",
    "Sentinel and Azure Monitor, table Syslog: SyslogMessage",
    "Loki and Fluent Bit: line, log",
)
CUT = "json"
SPELLINGS = ("json",)
NEEDLES: tuple[bytes, ...] = ()
HEADER = False

# where the line stands; then program, time and host of the envelope
_SHAPES = (
    ("event.original", ("event.dataset", "log.file.path"), ("@timestamp",), ("host.name", "host.hostname")),
    ("MESSAGE", ("SYSLOG_IDENTIFIER", "_COMM"), ("__REALTIME_TIMESTAMP",), ("_HOSTNAME",)),
    ("SyslogMessage", ("ProcessName",), ("EventTime", "TimeGenerated"), ("HostName", "Computer")),
    ("full_message", ("_program", "facility"), ("timestamp",), ("host",)),
    ("short_message", ("_program", "facility"), ("timestamp",), ("host",)),
    ("textPayload", ("logName",), ("timestamp",), ()),
    ("message", ("event.dataset", "log.file.path", "program", "source"), ("@timestamp", "timestamp"),
     ("host.name", "hostname")),
    ("line", (), ("ts", "timestamp"), ()),
)  # fmt: skip
_UNTAGGED = ("MESSAGE", "SyslogMessage")
_SIGNS = (
    ("message", "@timestamp", 75),
    ("message", "@version", 75),
    ("event.original", "@timestamp", 75),
    ("MESSAGE", "__REALTIME_TIMESTAMP", 96),
    ("SyslogMessage", "TimeGenerated", 96),
    ("short_message", "host", 94),
    ("textPayload", "logName", 94),
    ("line", "ts", 80),
    ("line", "timestamp", 80),
)


def detect(head: bytes) -> int:
    """75 to 96, by the names around the line."""
    first = first_object(head)
    return max((sure for path, other, sure in _SIGNS if _has(first, path) and dig(first, other)), default=0)


def _has(fields: Raw, path: str) -> bool:
    return isinstance(dig(fields, path), str)


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The line in one object; nothing where there is none."""
    if not record.strip(b" \t\r\n,[]"):
        return
    fields = json_object(record)
    for path, programs, times, hosts in _SHAPES:
        if _has(fields, path):
            some = member(
                fields, path, layout, _there(fields, programs), _there(fields, times), _there(fields, hosts)
            )
            yield from (_tagged(inner) if path in _UNTAGGED else inner for inner in some)
            return


def _tagged(inner: Inner) -> Inner:
    """The message with the header that was taken off: some formats are known by their program's name."""
    if not inner.program or inner.time is None or re.search(r"\s", inner.program):
        return inner
    stamp = datetime.fromtimestamp(inner.time // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    stamp += f".{inner.time % 1_000_000:06}Z {inner.host or 'localhost'} {inner.program}: "
    return replace(inner, data=stamp.encode() + inner.data)


def _there(fields: Raw, paths: tuple[str, ...]) -> str:
    return next((path for path in paths if string(dig(fields, path))), "")
