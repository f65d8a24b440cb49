"""Windows DNS Server debug logs: one line in, a dns Event for each question received out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, text
from glasshouse.watch.parse_dates import CLOCK, DATE, local_date, remember
from glasshouse.watch.parse_dns import query_type, share

TITLE = "Windows DNS Server debug log"
FORMATS = (
    "packets; M/d/yyyy, d/M/yyyy, d.M.yyyy, d-M-yyyy, yyyy/M/d, yyyy-MM-dd or yyyyMMdd; AM/PM or 24 h",
    "names as (3)www(7)example(3)com(0) or .www.example.com.",
    "with or without details (the lines between the packets are passed over)",
)
CUT = "lines"
NEEDLES = (rb"(?m)^[^\n]{0,160}log file (creation|wrap) at",)
SPELLINGS = ("labels",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "The log writes local time without zone, and dates whose day and month can be taken for each other.",
    "Without incoming packets in the debug settings there are no questions from clients in it.",
)

MINUTE = 60_000_000  # a client that gets no answer asks again with the same id
_HEADER = re.compile(rf"[^\n]{{0,40}}log file (?:creation|wrap) at {DATE}", re.IGNORECASE)
_START = rf"\s*{DATE}{CLOCK}\s+(?P<thread>[0-9A-Fa-f]{{2,8}})\s+PACKET\s"
# https://learn.microsoft.com/windows-server/networking/dns/ : the "message logging key" at the top of dns.log
_PACKET = re.compile(
    _START + r"\s*(?:(?P<id>[0-9A-Fa-f]{8,16})\s+)?(?:UDP|TCP)\s+(?P<way>Rcv|Snd)\s+(?P<ip>\S+)\s+"
    r"(?P<xid>[0-9A-Fa-f]{4})\s+(?P<answer>R\s+)?(?P<opcode>[QNU?])\s+\[(?P<flags>[^\]]*)\]"
    r"(?:\s+(?P<type>\S+)\s+(?P<name>\S.*))?$"
)
_BEGIN = re.compile(_START)
_LABEL = re.compile(r"\(\d{1,3}\)", re.ASCII)  # as the sieve sees it


def detect(head: bytes) -> int:
    """93 when packet lines are there, 88 for the file's own header."""
    lines = text(head).splitlines()[:400]
    if share(lines, sum(1 for line in lines if _PACKET.match(line[:2048].rstrip()))) > 0:
        return 93
    return 88 if any(_HEADER.match(line) for line in lines[:5]) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question received gives one Event; what is sent, answered or detailed gives none."""
    line = text(record).rstrip()
    _learn(line, layout)
    if " PACKET " not in line or not _BEGIN.match(line):
        return
    match = _PACKET.match(line)
    if not match:
        raise Malformed("a packet line, but not as the DNS server writes it")
    if match["way"] != "Rcv" or match["answer"] or match["opcode"] != "Q":
        return
    if not match["name"]:
        raise Malformed("a question without a name")
    when, doubt = local_date(match, layout)
    name, kind = _name(match["name"]), query_type(match["type"])
    yield Event(
        via="dns",
        time=when,
        name=name,
        query_type=kind,
        ip=match["ip"].partition("%")[0],
        ident=f"windns {match['ip']} {match['xid'].lower()} {name.lower()} {kind} {when // MINUTE}",
        doubt=doubt,
    )


def _learn(line: str, layout: Layout) -> None:
    """The first line and the header lines (read with and without the sieve) tell the order of dates."""
    said = _HEADER.match(line) or ("first" not in layout.notes and _BEGIN.match(line))
    layout.notes.setdefault("first", "read")
    if said:
        remember(said, layout)


def _name(written: str) -> str:
    """The question's name from either spelling; the length before a label can be wrong, so it is not used."""
    if _LABEL.match(written):
        return ".".join(filter(None, _LABEL.split(written))) or "."
    return written.strip(".") or "."
