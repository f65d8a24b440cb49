"""Unbound query logs: one line in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_dns import moment, query_type, sender, share, unwrap

TITLE = "Unbound query log"
FORMATS = (
    "log-queries: yes, own file: [seconds since 1970], log-time-ascii or ISO 8601",
    "behind syslog (RFC 3164, RFC 5424, ISO 8601 stamps)",
    "with log-tag-queryreply (query:) and without (info:)",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Unbound logs whole seconds and no port: two equal questions within a second look the same.",
    "Only questions are read (log-queries: yes); a log of replies alone shows nothing.",
    "Behind a proxy or a forwarder the client in the line is that machine, not the user's.",
)

_SENDER = sender(r"(?:[^\s\[]*[\\/])?unbound(?:\.exe)?")
_THREAD = re.compile(r"(?:\[\d+:[0-9a-fA-F]+\] )?(?P<tag>query|info): +(?P<rest>.*)$")
# https://nlnetlabs.nl/documentation/unbound/unbound.conf/ : log-queries, "ip name type class"
_QUESTION = re.compile(
    r"(?P<ip>(?=[^\s]*[:.])[0-9a-fA-F:.]+)(?:%\S+)?(?:@\d+)? "
    r"(?P<name>\S*\.) (?P<type>[A-Z]\S*) (?P<class>[A-Z]+\d*)$"
)
_SIGN = re.compile(
    r"(?:^|[\s/\\])unbound(?:\.exe)?\[\d+(?::[0-9a-f]+)?\]:? (?:\[\d+:[0-9a-f]+\] )?"
    r"(?:query|reply|info|notice|error|warning|debug): "
    r"|^\[\d+:[0-9a-f]+\] (?:query|reply|info|notice|error): ",
)


def detect(head: bytes) -> int:
    """92 when most lines are Unbound's, 75 when some are (a shared syslog file)."""
    lines = text(head).splitlines()[:200]
    part = share(lines, sum(1 for line in lines if _SIGN.search(line)))
    if part >= 0.5:
        return 92
    return 75 if part > 0 else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question gives one Event; replies, statistics and notices none."""
    line = text(record)
    if "query: " not in line and "info: " not in line:
        return
    message, stamp, _pid = unwrap(line, _SENDER)
    thread = _THREAD.match(message)
    if not thread:
        return
    match = _QUESTION.match(thread["rest"].rstrip())
    if not match:
        if thread["tag"] == "query":
            raise Malformed("a query line, but not: address name type class")
        return
    when, doubt = moment(stamp, layout)
    yield Event(
        via="dns",
        time=when,
        name=match["name"],
        query_type=query_type(match["type"]),
        ip=match["ip"],
        doubt=doubt,
    )
