"""Squid access logs: native lines and custom formats around the same core in, http Events out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_proxy import COMMON, SQUID, common, squid

TITLE = "Squid access log (native and custom)"
FORMATS = (
    "native: %ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt",
    "custom formats that keep result/status, size, method, URL, user and hierarchy/peer in this order",
    "Cisco Secure Web Appliance access log (the same core)",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("http",)
BLIND = (
    "Squid writes one line per CONNECT: the paths, queries and number of requests inside TLS are not in it.",
    "Squid cuts the query string off plain URLs (strip_query_terms) unless told otherwise.",
)


def detect(head: bytes) -> int:
    """90 when most of the first lines are Squid lines."""
    lines = [line for line in text(head).splitlines()[:20] if line.strip()]
    hits = sum(1 for line in lines if SQUID.match(line))
    return 90 if hits and hits * 2 >= len(lines) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line; the native time is that of the end of the request, the Event's that of its start.

    Joined files may hold common log format lines between the native ones: they are read too.
    """
    line = text(record)
    if not line.strip():
        return
    if SQUID.match(line):
        event = squid(line, layout)
        if event:
            yield event
    elif COMMON.match(line):
        yield common(line, layout)
    else:
        raise Malformed("not a Squid access line")
