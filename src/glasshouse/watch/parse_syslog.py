"""Toolbox for syslog: one line or frame in; its program, time, host and message out."""

from __future__ import annotations

import re

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, when

_PRI = rb"(?:\d{1,7} )?(?:<(?P<pri>\d{1,3})>)?"  # RFC 6587 counts the octets before it
_ISO = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_BSD = (  # maybe with a weekday, a year, a fraction, a year behind or a zone
    rb"(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]?\d(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?"
    rb"(?: \d{4}| [A-Z]{3,5}(?=:| [\w.:-]+ [^ :]+:))?:?"
)
# RFC 5424, 6: version, time, host, program, process, message id, structured data, message
_NEW = re.compile(
    _PRI + rb"1 (?P<time>" + _ISO + rb"|-) (?P<host>\S{1,255}) (?P<program>\S{1,128}) \S{1,128} \S{1,64}"
    rb" (?:-|(?:\[(?:[^\]\"\\]|\"(?:[^\"\\]|\\.)*+\"|\\.)*+\])++)(?: (?:\xef\xbb\xbf)?|$)",
    re.DOTALL,
)
# RFC 3164, 4.1.2: time, host (missing where a program writes by itself), program[process]: message
_OLD = re.compile(
    _PRI + rb"(?P<time>" + _ISO + rb"|" + _BSD + rb") "
    rb"(?:(?P<host>[\w.:%/-]{1,255}(?<!(?<!:):)) )?"
    rb"(?P<tag>(?P<program>(?!CEF:|LEEF:|%)[^\s:\[\]=|,\"<>]{1,64}?)(?:\[(?P<pid>[^\]\s]{0,20})\])?: ?)",
)
_BARE = re.compile(_PRI + rb"(?P<time>" + _ISO + rb"|" + _BSD + rb") (?P<host>[\w.:%/-]{1,255}) ")
HEADED = re.compile(
    rb"(?:\d{1,7} )?<\d{1,3}>|" + _ISO + rb" [\w.:%/-]{1,255} [^\s:\[\]=|,\"<>]{1,64}(?:\[[^\]\s]{0,20}\])?: "
    rb"|" + _BSD + rb" \S"
)
_PRIORITY = re.compile(_PRI)


def unwrapped(line: bytes, layout: Layout) -> Inner:
    """One syslog line without its header; without one it is given back whole."""
    match = _NEW.match(line) or _OLD.match(line) or _BARE.match(line)
    if match is None:
        priority = _PRIORITY.match(line)
        return Inner(_plain(line[priority.end() :] if priority and priority["pri"] else line))
    moment, doubt = when(match["time"].decode("latin-1").rstrip(":").removesuffix(" UTC"), layout)
    program = match["program"] if "program" in match.re.groupindex else b""
    host = match["host"]
    return Inner(
        _plain(line[match.end() :]),
        (program or b"").decode("latin-1"),
        moment,
        doubt,
        host.decode("latin-1") if host and host != b"-" else None,
    )


def _plain(message: bytes) -> bytes:
    """rsyslog writes control characters as # and three octal digits; only tabs matter inside a record."""
    return message.replace(b"#011", b"\t") if b"#011" in message and b"\t" not in message else message
