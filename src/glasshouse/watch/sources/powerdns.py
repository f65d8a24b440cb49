"""PowerDNS Recursor logs, structured or text: one line in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, epoch, json_object, string, text
from glasshouse.watch.parse_dns import Line, address, moment, query_type, sender, share, unwrap

TITLE = "PowerDNS Recursor log"
FORMATS = (
    'structured: msg="Question" ... ts="seconds" qname="..." (quiet: false; on standard error or syslog)',
    "structured, JSON lines",
    "text of 4.x: [1/1] question for 'name|type' from address",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Some settings do not log answers from the packet cache: then many equal questions are a few lines.",
    "Behind a proxy or a forwarder the client in the line is that machine, not the user's.",
)

_SENDER = sender(r"pdns[-_]recursor(?:-\S+)?|pdns_recursor\.service")
_PAIR = re.compile(r'(?<![\w.-])([A-Za-z][\w.-]*)="((?:[^"\\]|\\.)*)"')
_QUESTIONS = ("Question", "Question answered from packet cache")
_SAID = re.compile(
    r"(?:\d+ )?(?:\[[\d/]+\] )?(?:TCP )?question for '(?P<name>.*)\|(?P<type>[A-Z][\w-]*)' "
    r"from (?P<remote>\S+)"
)
_CACHED = re.compile(
    r"(?:\d+ )?(?:TCP )?question answered from packet cache(?: tag=\S+)? from (?P<remote>\S+)"
)
_SIGN = re.compile(
    r'msg="[^"]{0,500}" (?:error="[^"]{0,500}" )?subsystem="[^"]{0,80}" level="'
    r'|"msg": ?"(?:Question|Answer)'
    r"|\] (?:TCP )?question for '[^']+\|[A-Z]\w*' from "
    r"|question answered from packet cache tag=|:\d\d PowerDNS Recursor \d"
    r"|\bpdns[-_]recursor(?:\[\d+\]:| \d+ )"
)


def detect(head: bytes) -> int:
    """92 when most lines are the recursor's, 75 when some are (a shared syslog file)."""
    lines = [line for line in text(head).splitlines()[:200] if len(line) < 8192]
    part = share(lines, sum(1 for line in lines if _SIGN.search(line)))
    if part >= 0.5:
        return 92
    return 75 if part > 0 else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question gives one Event, answers and notices none."""
    line = text(record)
    if "uestion" not in line:
        return
    if line.lstrip().startswith("{"):
        yield from _structured(json_object(record), Line("", None, None), layout)
        return
    unwrapped = unwrap(line, _SENDER)
    if 'msg="Question' in unwrapped.message:
        yield from _structured(dict(_PAIR.findall(unwrapped.message)), unwrapped, layout)
        return
    yield from _said(unwrapped, layout)


def _structured(fields: Mapping[str, Any], line: Line, layout: Layout) -> Iterator[Event]:
    if fields.get("msg") not in _QUESTIONS:
        return
    name, kind = string(fields.get("qname")), string(fields.get("qtype"))
    remote = string(fields.get("source")) or string(fields.get("remote"))
    if remote is None or (name is None and fields["msg"] == "Question"):
        raise Malformed("a question without name or client: cut off?")
    when, doubt = (epoch(fields["ts"]), None) if fields.get("ts") else moment(line.stamp, layout)
    kind = query_type(kind) if kind else None
    yield Event(
        via="dns",
        time=when,
        name=name,
        query_type=kind,
        ip=address(remote),
        ident=f"pdns {remote} {name} {kind} {when}" if when is not None else None,
        doubt=doubt,
    )


def _said(line: Line, layout: Layout) -> Iterator[Event]:
    match = _SAID.match(line.message) or _CACHED.match(line.message)
    if not match:
        if "question for '" in line.message:
            raise Malformed("a question, but not: question for 'name|type' from address")
        return
    said = match.groupdict()
    when, doubt = moment(line.stamp, layout)
    yield Event(
        via="dns",
        time=when,
        name=said.get("name"),
        query_type=query_type(said["type"]) if said.get("type") else None,
        ip=address(match["remote"]),
        doubt=doubt,
    )
