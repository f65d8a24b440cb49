"""BIND and Infoblox query logs: one line in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_dns import moment, query_type, sender, share, unwrap

TITLE = "BIND query log (also Infoblox)"
FORMATS = (
    "category queries; print-time yes, local, iso8601, iso8601-utc or iso8601-tzinfo; with or without "
    "category and severity",
    "behind syslog (RFC 3164, RFC 5424, ISO 8601 stamps)",
    "Infoblox: UDP: query: NAME IN A response: NOERROR",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Answers kept in browsers and in the clients' own resolvers are asked again without a question here.",
    "Behind a proxy or a forwarder the client in the line is that machine, not the user's.",
)

TEN_SECONDS = 10_000_000
_SENDER = sender("named(?:-sdb|-pkcs11)?")
# https://bind9.readthedocs.io/en/latest/reference.html : the queries category
_QUESTION = re.compile(
    r"(?:[\w-]+: ){0,3}client (?:@0x[0-9a-fA-F]+ )?(?P<ip>[^\s#]+)#(?P<port>\d{1,5})"
    r"(?:/key \S+)?(?: \(\S*\))?: "
    r"(?:view \S+: )?(?:(?:UDP|TCP): )?(?:view \S+: )?"
    r"query: (?P<name>\S+) (?P<class>[A-Z]\w*) (?P<type>[A-Z][\w-]*)(?P<rest>(?: .*)?)$"
)
_SIGN = re.compile(
    r"client (?:@0x[0-9a-fA-F]+ )?[0-9a-fA-F:.%\w]+#\d{1,5}.{0,300}: query: \S+ [A-Z]\w* [A-Z]"
)
_SERVER = re.compile(r" \(([0-9a-fA-F:.]{2,45})(?:%\w+)?\)")


def detect(head: bytes) -> int:
    """92 when most lines are questions, 75 when some are (Infoblox mixes them with DHCP)."""
    lines = text(head).splitlines()[:200]
    part = share(lines, sum(1 for line in lines if _SIGN.search(line)))
    if part >= 0.5:
        return 92
    return 75 if part > 0 else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question gives one Event, other categories none."""
    line = text(record)
    if " query: " not in line:
        return
    message, stamp, _pid = unwrap(line, _SENDER)
    match = _QUESTION.match(message)
    if not match:
        raise Malformed("a query line, but not as BIND writes it")
    when, doubt = moment(stamp, layout)
    name, kind, server = match["name"], query_type(match["type"]), _SERVER.match(_after_flags(match["rest"]))
    yield Event(
        via="dns",
        time=when,
        name=name,
        query_type=kind,
        ip=match["ip"].partition("%")[0],
        server_ip=server[1] if server else None,
        ident=_ident(match, kind, when),
        doubt=doubt,
    )


def _after_flags(rest: str) -> str:
    return rest[rest.rfind(" (") :] if " (" in rest else ""


def _ident(match: re.Match[str], kind: str, when: int | None) -> str | None:
    """One question asked again after a time-out, or logged again with its answer (Infoblox), is one."""
    if when is None:
        return None
    return f"dns {match['ip']}#{match['port']} {match['name'].lower()} {kind} {when // TEN_SECONDS}"
