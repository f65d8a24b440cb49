"""Common and combined access logs: lines of a proxy (or web server) in, http Events out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_proxy import COMMON, SQUID, common, squid

TITLE = "Common and combined access log"
FORMATS = (
    '%h %l %u [%t] "request" status bytes, and with "referrer" "user agent"',
    "Squid common and combined, with result:hierarchy at the end",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("http",)
BLIND = (
    "A proxy writes one line per CONNECT: paths, queries and number of requests inside TLS are not in it.",
    "A line holds no duration and no request size, and its time has whole seconds.",
    "Lines of a web server are requests that came in; they show no look-up of ours.",
)


def detect(head: bytes) -> int:
    """88 when most of the first lines fit and one is a request to a proxy, 60 for a web server's own log."""
    lines = [line for line in text(head).splitlines()[:20] if line.strip()]
    matches = [match for match in map(COMMON.match, lines) if match]
    if not matches or len(matches) * 2 < len(lines):
        return 0
    proxied = any("://" in match["request"][:40] or match["request"][:8] == "CONNECT " for match in matches)
    return 88 if proxied else 60


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line; a request in origin form came in from outside and names nothing asked for."""
    line = text(record)
    if not line.strip():
        return
    if COMMON.match(line):
        yield common(line, layout)
    elif SQUID.match(line):
        event = squid(line, layout)
        if event:
            yield event
    else:
        raise Malformed("not a common log format line")
