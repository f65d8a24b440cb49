"""AdGuard Home query log: one querylog.json line or reply of its API in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, json_object, seconds, string
from glasshouse.watch.parse_dns_cloud import Raw, moment, record_type

TITLE = "AdGuard Home query log"
FORMATS = (
    "querylog.json: one question a line (T, QH, QT, IP)",
    "reply of GET /control/querylog (`data` with `question`, `client`, `time`)",
)
CUT = "json"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "With anonymised client addresses, the last part of the address is zero: several clients look like one.",
    "Files of versions before 0.100 hold the question in base64 only: names in them are not found.",
)

# https://github.com/AdguardTeam/AdGuardHome/wiki/Configuration : querylog
_LINE = re.compile(rb'"QH"\s*:')
_LINE_TOO = re.compile(rb'"(?:QT|QC|CP|Upstream|Elapsed)"\s*:')
_REPLY = re.compile(rb'"(?:answer_dnssec|client_proto|elapsedMs|upstream)"\s*:')


def detect(head: bytes) -> int:
    """94 for the short keys of the file, 90 for the reply of the API."""
    if _LINE.search(head) and _LINE_TOO.search(head):
        return 94
    return 90 if b'"question"' in head and b'"oldest"' in head and _REPLY.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line gives one question, a reply of the API all of its page."""
    if not record.strip(b" \t\r\n,[]"):
        return
    found = json_object(record)
    rows = found.get("data")
    if isinstance(rows, list):
        for row in rows:
            if isinstance(row, dict):
                yield _shown(row, layout)
    elif "question" in found:
        yield _shown(found, layout)
    else:
        yield _written(found, layout)


def _written(found: Raw, layout: Layout) -> Event:
    name = string(found.get("QH"))
    if not name:
        raise Malformed("a question without its name")
    when, doubt = moment(found.get("T"), layout)
    elapsed = integer(found.get("Elapsed"))  # nanoseconds
    return Event(
        via="dns",
        time=when,
        name=name,
        query_type=record_type(found.get("QT")),
        ip=string(found.get("IP")),
        host=string(found.get("CID")),
        duration=elapsed // 1000 if elapsed is not None else None,
        doubt=doubt,
    )


def _shown(row: Raw, layout: Layout) -> Event:
    question = row.get("question")
    name = string(question.get("name") or question.get("host")) if isinstance(question, dict) else None
    if not name or not isinstance(question, dict):
        raise Malformed("a question without its name")
    when, doubt = moment(row.get("time"), layout)
    milli = seconds(row.get("elapsedMs"))
    return Event(
        via="dns",
        time=when,
        name=name,
        query_type=record_type(question.get("type")),
        ip=string(row.get("client")),
        host=string(row.get("client_id")),
        duration=milli // 1000 if milli is not None else None,
        doubt=doubt,
    )
