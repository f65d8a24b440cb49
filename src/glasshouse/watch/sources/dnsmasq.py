"""dnsmasq and Pi-hole query logs: one line in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_dns import moment, query_type, sender, share, unwrap

TITLE = "dnsmasq and Pi-hole query log"
FORMATS = (
    "log-queries, own file or Pi-hole's pihole.log",
    "log-queries=extra (serial address/port) and log-queries=proto",
    "behind syslog (RFC 3164, RFC 5424, ISO 8601 stamps)",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "dnsmasq logs whole seconds and no year; without log-queries=extra two equal questions look the same.",
    "Behind a proxy or a forwarder the client in the line is that machine, not the user's.",
)

_SENDER = sender(r"dnsmasq|pihole-FTL")
# https://thekelleys.org.uk/dnsmasq/docs/dnsmasq-man.html : --log-queries
_QUESTION = re.compile(
    r"(?:(?P<serial>\d+) (?:(?:UDP|TCP) )?(?P<peer>\S+)/(?P<port>\d+) (?:(?:UDP|TCP) )?)?"
    r"(?:query|auth)\[(?P<type>[\w=.-]+)\] (?P<name>\S.*) from (?P<ip>[0-9a-fA-F:.]+)(?:%\S+)?\s*$"
)
_SIGN = re.compile(r"(?:^|\s)(?:dnsmasq|pihole-FTL)(?:\[\d+\])?: ")
_ASKED = re.compile(r"^(?:\d+ \S+ (?:(?:UDP|TCP) )?)?(?:query|auth)\[")


def detect(head: bytes) -> int:
    """92 when most lines are dnsmasq's, 75 when some are (a shared syslog file)."""
    lines = text(head).splitlines()[:200]
    part = share(lines, sum(1 for line in lines if _SIGN.search(line)))
    if part >= 0.5:
        return 92
    return 75 if part > 0 else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question gives one Event; forwarded, reply, cached and the like none."""
    line = text(record)
    if "query[" not in line and "auth[" not in line:
        return
    message, stamp, pid = unwrap(line, _SENDER)
    match = _QUESTION.match(message)
    if not match:
        if _ASKED.match(message):
            raise Malformed("a query line, but not: query[type] name from address")
        return
    when, doubt = moment(stamp, layout)
    name, kind = "." if match["name"] == "<root>" else match["name"], query_type(match["type"])
    ident = f"dnsmasq {pid} {match['serial']} {match['peer']}/{match['port']} {name} {kind} {when}"
    yield Event(
        via="dns",
        time=when,
        name=name,
        query_type=kind,
        ip=match["ip"],
        ident=ident if match["serial"] else None,
        doubt=doubt,
    )
