"""Google Cloud DNS query logs: one LogEntry in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, dig, integer, string
from glasshouse.watch.parse_dns_cloud import Raw, moment, record_type, unwrapped

TITLE = "Google Cloud DNS query log"
FORMATS = (
    "LogEntry JSON with resource.type dns_query (Cloud Storage export, `gcloud logging read --format=json`)",
    "BigQuery export of the same entries as JSON (`jsonpayload_v1_dnsquery` or `jsonPayload`)",
)
CUT = "json"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Answers kept on the machine, or that a program got from another resolver, leave nothing here.",
    "Questions forwarded from on-premises networks carry the address of the forwarder.",
)

# https://cloud.google.com/dns/docs/monitoring#dns-log-record-format
_SIGN = re.compile(rb'"type"\s*:\s*"dns_query"|logs/dns\.googleapis\.com(?:%2F|/)dns_queries', re.IGNORECASE)
_NAME = re.compile(rb'"queryName"\s*:', re.IGNORECASE)
_PAYLOADS = ("jsonPayload", "jsonpayload_v1_dnsquery", "json_payload")


def detect(head: bytes) -> int:
    """94 for the resource type or log name of Cloud DNS with a query name."""
    return 94 if _SIGN.search(head) and _NAME.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One LogEntry; entries of other resources give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    for found in unwrapped(record):
        kind = dig(found, "resource.type")
        named = "dns_queries" in str(found.get("logName"))
        payload = next((found[key] for key in _PAYLOADS if isinstance(found.get(key), dict)), None)
        if kind == "dns_query" or (kind is None and named):
            yield _question(found, payload or {}, layout)


def _question(found: Raw, payload: Raw, layout: Layout) -> Event:
    asked = {key.lower(): value for key, value in payload.items()}
    name = string(asked.get("queryname"))
    if not name:
        raise Malformed("a question without its name")
    when, doubt = moment(found.get("timestamp"), layout)
    latency = integer(asked.get("serverlatency"))  # milliseconds
    insert = string(found.get("insertId"))
    return Event(
        via="dns",
        time=when,
        name=name,
        query_type=record_type(asked.get("querytype")),
        ip=string(asked.get("sourceip")),
        host=string(asked.get("vminstancename")),
        server_ip=string(asked.get("destinationip")),
        duration=latency * MICRO // 1000 if latency is not None else None,
        ident=f"gcp dns {insert} {when}" if insert else None,
        doubt=doubt,
    )
