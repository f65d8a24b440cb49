"""Sysmon for Linux in syslog or journal (XML in a line): one line in, process and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, json_object, text
from glasshouse.watch.parse_sysmon import sysmon
from glasshouse.watch.parse_windows import windows_events

TITLE = "Sysmon for Linux in syslog and journal"
FORMATS = (
    "a syslog line (RFC 3164 or 5424) with one <Event> element, whole or cut off by the syslog daemon",
    "JSON around it: journalctl -o json (MESSAGE), syslog tables (SyslogMessage), shippers (message)",
)
CUT = "json"
NEEDLES = (
    rb"DestinationPort[^N].{0,40}[^0-9](43|4321|5432)[^0-9]",
    rb"\\u0026#",  # an XML reference inside JSON text
)
SPELLINGS = ("json", "xml")
LINKED = True
SEES = ("process", "flow", "dns")
BLIND = (
    "Sysmon for Linux writes no DNS questions: names are seen in command lines only.",
    "Sysmon 3 names no service: its host name is a reverse name or empty.",
    "syslog daemons cut long lines: what stood behind the cut, a long command line too, is lost.",
)

# https://github.com/microsoft/SysmonForLinux ; the events are those of
# https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon
_SIGN = re.compile(rb'<Event>\s*<System>\s*<Provider Name=\\?"Linux-Sysmon\\?"|\\u003[cC]Event\\u003[eE]')
_OWN = re.compile(rb"Linux-Sysmon")
_INSIDE = ("MESSAGE", "message", "SyslogMessage", "Message", "msg", "log")
_DATA = re.compile(r'\s*<Data Name="([\w]+)">([^<]*)$')
_ENTITY = re.compile(r"&[#\w]{0,8}$")
_END = "</EventData></Event>"
_KEPT = "CommandLine"


def detect(head: bytes) -> int:
    """96 when most of the first lines are Sysmon's, 62 when some are among other syslog lines."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<Event", b"<?xml", b"ElfFile")) or not _OWN.search(start):
        return 0
    lines = [line for line in start[:32768].split(b"\n")[:40] if line.strip()]
    hits = sum(1 for line in lines if _SIGN.search(line[:2000]) and _OWN.search(line))
    if not hits:
        return 0
    return 96 if hits * 2 >= len(lines) else 62


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line; lines of other programs give nothing."""
    said = _message(record)
    begin = said.find("<Event>")
    if begin < 0 or "Linux-Sysmon" not in said[begin : begin + 200]:
        return
    body, cut = _mended(said[begin:])
    for event in windows_events(body.encode()):
        yield from sysmon(event, layout, cut)


def _message(record: bytes) -> str:
    if not record.lstrip(b" \t\r\n,[").startswith(b"{"):
        return text(record)
    fields = json_object(record)
    for name in _INSIDE:
        value = fields.get(name)
        if isinstance(value, list):  # the journal writes text that is not UTF-8 as numbers
            return bytes(one for one in value if isinstance(one, int) and 0 <= one < 256).decode("latin-1")
        if isinstance(value, str):
            return value
    return ""


def _mended(said: str) -> tuple[str, str | None]:
    """The XML with its end, and what was lost: of a command line that is cut off the beginning is kept."""
    end = said.rfind("</Event>")
    if end >= 0:
        return said[: end + len("</Event>")], None
    data = said.rfind("</Data>")
    if data < 0:
        raise Malformed("cut off before any Data")
    data += len("</Data>")
    rest = _DATA.match(said[data:])
    if rest is None or rest[1] != _KEPT:
        return said[:data] + _END, "the line was cut off"
    kept = _ENTITY.sub("", rest[2])
    return f'{said[:data]}<Data Name="{rest[1]}">{kept}</Data>{_END}', "the command line was cut off"
