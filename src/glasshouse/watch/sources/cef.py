"""CEF lines of any vendor, behind any syslog header, in; http, tls, dns and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_cef import cef, event_of

TITLE = "Common Event Format (CEF)"
FORMATS = (
    "CEF:0 and CEF:1 with the standard's keys, behind RFC 3164 or 5424 syslog or alone",
    "vendors' own keys of FortiGate and PAN-OS; other custom fields by their labels",
)
CUT = "lines"
NEEDLES = (rb"\bdpt=(43|4321|5432)\s",)
SPELLINGS: tuple[str, ...] = ()
LINKED = True  # a FortiGate writes the name and the size of a connection to two records
SEES = ("http", "tls", "dns", "flow")
BLIND = (
    "CEF holds what its vendor chose to map: many leave out the URL, the user agent or the account.",
    "A destination's host name without a sign of a request may be a reverse name and is not read.",
    "A request for the root of a site over TLS stands for a connection: what it asked inside is not shown.",
)

# https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors/ : CEF implementation standard
_SIGN = re.compile(r"\bCEF:\s{0,2}[01]\|(?:[^|\\]|\\.)*\|(?:[^|\\]|\\.)*\|")
_BARE = re.compile(r"[01]\|(?:[^|\\]|\\.){1,80}(?:\|(?:[^|\\]|\\.){0,200}){5}\|\S+=")


def detect(head: bytes) -> int:
    """95 when most of the first lines hold a CEF header, 80 where only the mark was cut off."""
    lines = [line for line in text(head).splitlines()[:40] if line.strip()]
    for sign, sure in ((_SIGN.search, 95), (_BARE.match, 80)):
        hits = sum(1 for line in lines if sign(line[:2000]) and not line.lstrip().startswith("{"))
        if hits and hits * 2 >= len(lines):
            return sure
    return 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line; raises Malformed for a header that is cut."""
    line = text(record)
    if not line.strip():
        return
    event = event_of(cef(line), layout)
    if event:
        yield event
