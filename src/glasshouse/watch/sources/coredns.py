"""CoreDNS log plugin: one line, bare or inside a container's log, in; dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, dig, json_object, seconds, string, text
from glasshouse.watch.parse_dns import NO_TIME, address, query_type, sender, share, unwrap
from glasshouse.watch.parse_dns import moment as stamped
from glasshouse.watch.parse_dns_cloud import moment

TITLE = "CoreDNS query log (log plugin)"
FORMATS = (
    "common and combined format, with or without the time of older versions",
    "behind syslog or journald, and inside container logs: CRI (`... stdout F ...`) and JSON (`log`, `time`)",
)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Inside a cluster the client is the address of a pod, which another pod may have later.",
    "Kubernetes asks a name with each search domain added first: one look-up makes several questions.",
    "CoreDNS itself writes no time; without a container's or syslog's time the lines have none.",
)

# https://coredns.io/plugins/log/ : {remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do}
# {>bufsize}" {rcode} {>rflags} {rsize} {duration}, in the combined format followed by "{>opcode}"
_QUESTION = re.compile(
    r"(?P<from>\[?[0-9a-fA-F:.%\w]+\]?:\d{1,5}) - (?P<id>\d{1,5}) "
    r'"(?P<type>\S+) (?P<class>\S+) (?P<name>\S+) (?P<proto>[a-z]+) \d+ (?:true|false) \d+" '
    r"(?P<rcode>\S+) (?P<flags>\S+) \d+ (?:(?P<took>[\d.]+)s)?"
)
_SIGN = re.compile(
    r'\[?[0-9a-fA-F:.%\w]{2,60}\]?:\d{1,5} - \d{1,5} \\?"[A-Z]\w* [A-Z]{2,6} \S+ [a-z]+ \d+ (?:true|false) \d'
)
_LEVEL = re.compile(r"(?:\[[A-Z]+\] |[A-Z]\d{4} \S+\s+\d+ \S+\] )")
_CRI = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT\S+) (?:stdout|stderr) [FP] ")
_SENDER = sender("coredns")
_TIMES = ("time", "@timestamp", "timestamp", "ts")
TEN_SECONDS = 10 * MICRO


class _Line(NamedTuple):
    """A line of CoreDNS without what wrapped it, and the time of the wrapping."""

    message: str
    time: int | None
    doubt: str | None


def detect(head: bytes) -> int:
    """93 when most lines are questions, 80 when some are (a cluster's log)."""
    lines = text(head).splitlines()[:200]
    part = share(lines, sum(1 for line in lines if _SIGN.search(line)))
    if part >= 0.5:
        return 93
    return 80 if part > 0 else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: a question gives one Event, other messages none."""
    line = text(record)
    if not line.strip():
        return
    said = _unwrapped(line, record, layout)
    if not _looks_asked(said.message):
        return
    match = _QUESTION.match(said.message)
    if not match:
        raise Malformed("a query line, but not as CoreDNS writes it")
    kind, when = query_type(match["type"]), said.time
    ident = f"dns {match['from']} {match['id']} {match['name'].lower()} {kind} {(when or 0) // TEN_SECONDS}"
    yield Event(
        via="dns",
        time=when,
        name=match["name"],
        query_type=kind,
        ip=address(match["from"]).partition("%")[0],
        duration=seconds(match["took"]),
        ident=ident if when is not None else None,
        doubt=said.doubt,
    )


def _looks_asked(message: str) -> bool:
    return " - " in message[:70] and '"' in message and not message.startswith("plugin/")


def _unwrapped(line: str, record: bytes, layout: Layout) -> _Line:
    """The message, and the innermost time that something wrote before it."""
    outer: tuple[int | None, str | None] = (None, NO_TIME)
    if line.lstrip()[:1] == "{":
        found = json_object(record)
        written = next((found[key] for key in _TIMES if key in found), None)
        if written is not None:
            outer = moment(written, layout)
        line = string(found.get("log") or found.get("message") or dig(found, "MESSAGE")) or ""
    cri = _CRI.match(line)
    if cri:
        outer = moment(cri["time"], layout)
        line = line[cri.end() :]
    message, stamp, _pid = unwrap(line, _SENDER)
    if stamp:
        outer = stamped(stamp, layout)
    return _Line(_LEVEL.sub("", message, count=1).strip() if _LEVEL.match(message) else message, *outer)
