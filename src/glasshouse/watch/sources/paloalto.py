"""PAN-OS syslog lines (positional CSV), its JSON and its CEF in; http, tls, dns and flow Events out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch import parse_cef
from glasshouse.watch.parse import Layout, json_object, text
from glasshouse.watch.parse_gateway import json_part
from glasshouse.watch.parse_paloalto import event_of, row_of_columns, row_of_keys

TITLE = "Palo Alto Networks PAN-OS (traffic, threat and URL, decryption)"
FORMATS = (
    "default syslog format of PAN-OS 9.0 to 11.2, behind a syslog header or alone",
    "CSV export of the web interface, whose columns stand in the same order",
    "JSON of Strata Logging Service (Cortex Data Lake)",
    "CEF lines of PAN-OS between them",
)
CUT = "json"
NEEDLES = (
    rb",\d{1,5},(43|4321|5432),\d{1,5},\d{1,5},0x[0-9a-f]+,tcp,",
    rb'"DestinationPort"\s*:\s*"?(43|4321|5432)\b',
    rb"\bdpt=(43|4321|5432)\s",
)
SPELLINGS = ("json",)
LINKED = True
SEES = ("http", "tls", "dns", "flow")
BLIND = (
    "Traffic records hold no names; URL records do, but only where a URL filtering profile alerts or blocks.",
    "Without decryption a URL record shows the name of a TLS connection and nothing inside it.",
    "DNS Security telemetry tells the answer and not always the question.",
    "Behind another proxy the client is that proxy: X-Forwarded-For is not read, as clients can write it.",
)

# https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/monitoring/use-syslog-for-monitoring/
# syslog-field-descriptions
_LINE = re.compile(
    r"(?:^|(?<=[\s:\]>]))(?=[^,\s]{0,20},"
    r"(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d|\d{1,2}/\d{1,2}/\d{2,4} \d{1,2}:\d\d(?::\d\d)?),"
    r"[^,]{0,40},[A-Z][A-Z-]{2,20},[^,]{0,40},)",
    re.ASCII,
)
_JSON = re.compile(r'"LogType"\s*:\s*"[A-Z]+"')
_JSON_OWN = re.compile(r'"(?:DeviceSN|LogSourceID|VirtualLocation|TimeGenerated|DGHierarchyLevel1)"\s*:')
_HEADER = re.compile(r'"?Domain"?,"?Receive Time"?,"?Serial #"?,')
_CEF = re.compile(r"[01]\|Palo Alto Networks\|")


def detect(head: bytes) -> int:
    """92 when most of the first lines are PAN-OS records; CEF lines between them make it surer."""
    first = json_part(head.partition(b"\n")[0])
    if first:
        head = first + head[head.find(b"\n") :] if b"\n" in head else first
    start = text(head).lstrip("\ufeff \t\r\n[")
    if start.startswith("{") and _JSON.search(start) and _JSON_OWN.search(start):
        return 96 if _CEF.search(start) else 93
    lines = [line for line in start.splitlines()[:40] if line.strip()]
    hits = sum(1 for line in lines if _LINE.search(line[:600]))
    others = sum(1 for line in lines if _CEF.search(line[:400]) or line.startswith("{"))
    if not hits or (hits + others) * 2 < len(lines):
        return 0
    return 96 if others else 92


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record, as CSV behind any header, as JSON or as CEF."""
    line = text(record)
    if not line.strip(" \t,[]"):
        return
    document = json_part(record)
    if document:
        row = row_of_keys(json_object(document), layout)
        event = event_of(row) if row else None
    elif _CEF.search(line[:600]):
        event = parse_cef.event_of(parse_cef.cef(line), layout)
    elif _HEADER.match(line):
        return
    else:
        row = row_of_columns(_cells(line), layout)
        event = event_of(row) if row else None
    if event:
        yield event


def _cells(line: str) -> list[str]:
    begin = _LINE.search(line[:2000])
    if not begin:
        raise Malformed("no PAN-OS record: no receive time, serial number and type")
    try:
        return next(csv.reader(io.StringIO(line[begin.end() :], newline="")), [])
    except csv.Error as problem:
        raise Malformed(f"not CSV: {str(problem)[:80]}") from None
