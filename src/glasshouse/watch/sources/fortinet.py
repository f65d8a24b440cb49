"""FortiGate key=value lines, blank- or comma-separated, in; http, tls, dns and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_cef import START, cef, event_of
from glasshouse.watch.parse_fortinet import fortigate
from glasshouse.watch.parse_keyvalue import pairs

TITLE = "Fortinet FortiGate (traffic, web filter, DNS filter, application control, IPS)"
FORMATS = (
    "syslog format default and csv, FortiOS 5.6 to 7.6, behind a syslog header or alone",
    "FortiAnalyzer and FortiADC lines of the same keys",
    "CEF lines of a FortiGate between them",
)
CUT = "lines"
NEEDLES = (rb'\b(dstport|dst_port|dpt)="?(43|4321|5432)\b',)
SPELLINGS: tuple[str, ...] = ()
LINKED = True
SEES = ("http", "tls", "dns", "flow")
BLIND = (
    "Traffic records hold no names; only web filter, DNS filter and application control do.",
    "Without deep inspection the web filter knows the name of a TLS connection and nothing inside it.",
    "The web filter writes nothing for policies without a profile, or for categories that are not logged.",
    "Behind another proxy the client is that proxy: X-Forwarded-For is not read, as clients can write it.",
)

# https://docs.fortinet.com/document/fortigate/7.6.0/fortios-log-message-reference
_BEGIN = re.compile(
    r'(?:^|(?<=[\s:>]))(?=(?:date=\d{4}-|time=\d\d:|timestamp=\d|logver=\d|eventtime="?\d|devname=|device_id=|logid=|type=))'
)
_SIGN = re.compile(
    r'(?=.*(?:^|[\s,])type="{0,2}\w)(?=.*\b(?:log_?id="{0,2}\d|logdesc="))(?=.*\b(?:devname|devid|device_id|vd)=)'
)
_CEF_SIGN = re.compile(r"[01]\|Fortinet\|Forti[Gg]ate")


def detect(head: bytes) -> int:
    """94 when most of the first lines have FortiGate's keys; CEF lines between them make it surer."""
    lines = [line for line in text(head).splitlines()[:40] if line.strip()]
    hits = sum(1 for line in lines if _SIGN.match(line))
    others = sum(1 for line in lines if _CEF_SIGN.search(line[:400]))
    if not hits or (hits + others) * 2 < len(lines):
        return 0
    return 96 if others else 94


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line, from the first key that FortiGate begins with."""
    line = text(record)
    if not line.strip():
        return
    if _CEF_SIGN.search(line[:400]) and START.search(line):
        event = event_of(cef(line), layout)
    else:
        begin = _BEGIN.search(line[:2000])
        row = pairs(line[begin.end() :]) if begin else {}
        if "type" not in row:
            raise Malformed("no FortiGate record: the key type is missing")
        event = fortigate(row, layout)
    if event:
        yield event
