"""AWS Route 53 Resolver query logs: one JSON record in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, dig, string
from glasshouse.watch.parse_dns_cloud import Raw, moment, record_type, unwrapped

TITLE = "AWS Route 53 Resolver query log"
FORMATS = (
    "JSON, one record a line (S3, Kinesis Data Firehose), version 1.0 and later",
    "CloudWatch Logs: the record in `message`, in `events`, or behind the time of an export",
)
CUT = "json"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "Resolver answers from its cache without a log entry: repeated questions within the TTL are not in it.",
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Programs that ask another resolver (DNS over HTTPS, a public resolver) leave nothing here.",
    "Questions that come in through an inbound endpoint carry the address of the forwarder, not of the user.",
)

# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs-format.html
_PLAIN = re.compile(rb'"query_timestamp"\s*:')
_INSIDE = re.compile(rb'\\"query_timestamp\\"\s*:')
_OWN = (b"vpc_id", b"srcids", b"srcaddr")


def detect(head: bytes) -> int:
    """93 for Resolver's own keys, 86 when they stand inside a CloudWatch message."""
    if sum(key in head for key in _OWN) < 2:
        return 0
    if _PLAIN.search(head):
        return 93
    return 86 if _INSIDE.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record: one question, or those of an envelope."""
    if not record.strip(b" \t\r\n,[]"):
        return
    for found in unwrapped(record):
        if "query_name" in found or "query_timestamp" in found:
            yield _question(found, layout)


def _question(found: Raw, layout: Layout) -> Event:
    name = string(found.get("query_name"))
    if not name:
        raise Malformed("a question without its name")
    when, doubt = moment(found.get("query_timestamp"), layout)
    return Event(
        via="dns",
        time=when,
        name=name,
        query_type=record_type(found.get("query_type")),
        ip=string(found.get("srcaddr")),
        host=string(dig(found, "srcids.instance")),
        doubt=doubt,
    )
