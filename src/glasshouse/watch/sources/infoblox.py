"""Infoblox NIOS query and response logs: one line of the appliance in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_dns import moment, query_type, sender, unwrap

TITLE = "Infoblox NIOS DNS query and response log"
FORMATS = (
    "responses: client ADDRESS#PORT: UDP: [view VIEW: ]query: NAME IN A response: NOERROR FLAGS ANSWERS",
    "queries in BIND's form; both with the time of the capture, or behind syslog (named, infoblox-responses)",
    "mixed with the appliance's DHCP and system messages",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "A capture may leave out domains, and logs only answers with their answer section.",
    "Behind a proxy or a forwarder the client in the line is that machine, not the user's.",
)

TEN_SECONDS = 10_000_000
_SENDER = sender("named(?:-sdb|-pkcs11)?")
# https://docs.infoblox.com/ : "Capturing DNS Queries and Responses"; older releases: no colon after the port
_QUESTION = re.compile(
    r"(?:[\w-]+: ){0,3}(?:\d\d-[A-Za-z]{3}-\d{4} [\d:.]+ )?"
    r"client (?:@0x[0-9a-fA-F]+ )?(?P<ip>[^\s#]+)#(?P<port>\d{1,5})(?:/key \S+)?(?: \(\S*\))?:? "
    r"(?:view [^:]{1,80}: )?(?:(?:UDP|TCP): )?(?:view [^:]{1,80}: )?"
    r"query: (?P<name>\S+) (?P<class>[A-Z]\w*) (?P<type>[A-Z][\w-]*)(?P<rest>(?: .*)?)$"
)
_CAPTURED = re.compile(r"(?:[\w-]+: ){0,3}(?P<stamp>\d\d-[A-Za-z]{3}-\d{4} [\d:.]+) client ")
_ASKED = re.compile(r"client .{3,120}?query: \S+ [A-Z]\w* [A-Z]")
_ANSWERED = re.compile(r"query: \S+ [A-Z]\w* [A-Z]\S* response: [A-Z]")
_OWN = re.compile(r"\binfoblox-responses: |(?:^|\s)r-l-e:[0-9a-fA-F.:]+,|\.infoblox\.localdomain\b")
_SERVER = re.compile(r" \(([0-9a-fA-F:.]{2,45})(?:%\w+)?\)")


def detect(head: bytes) -> int:
    """95 for what NIOS alone writes, 94 when every question has its response, 90 when some have."""
    lines = text(head).splitlines()[:400]
    asked = [line for line in lines if _ASKED.search(line)]
    answered = sum(1 for line in asked if _ANSWERED.search(line))
    if not asked:
        return 0
    if any(_OWN.search(line) for line in lines):
        return 95
    if answered == len(asked):
        return 94
    return 90 if answered else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question, with or without its response, gives one Event; other messages none."""
    line = text(record)
    if " query: " not in line:
        return
    message, stamp, _pid = unwrap(line, _SENDER)
    captured = _CAPTURED.match(message)
    if captured:
        _rest, stamp, _pid = unwrap(captured["stamp"] + " ", _SENDER)
    match = _QUESTION.match(message)
    if not match:
        raise Malformed("a query line, but not as Infoblox writes it")
    when, doubt = moment(stamp, layout)
    kind = query_type(match["type"])
    server = None if " response: " in match["rest"] else _SERVER.search(match["rest"])
    yield Event(
        via="dns",
        time=when,
        name=match["name"],
        query_type=kind,
        ip=match["ip"].partition("%")[0],
        server_ip=server[1] if server else None,
        ident=_ident(match, kind, when),
        doubt=doubt,
    )


def _ident(match: re.Match[str], kind: str, when: int | None) -> str | None:
    """A question and its response are one, as is a question asked again after a time-out."""
    if when is None:
        return None
    return f"dns {match['ip']}#{match['port']} {match['name'].lower()} {kind} {when // TEN_SECONDS}"
