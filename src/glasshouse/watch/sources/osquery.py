"""osquery result logs (rows, batches, snapshots): one record in, process, dns and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, dig, epoch, integer, iso, json_object, string
from glasshouse.watch.parse_dns import query_type
from glasshouse.watch.parse_flow import Flow, ident, protocol, requests

TITLE = "osquery result log: processes, sockets and DNS lookups"
FORMATS = (
    "osqueryd.results.log: one row a record (columns), differential batches (diffResults), snapshots",
    'the TLS logger\'s body: {"log_type": "result", "data": [...]}',
)
CUT = "json"
NEEDLES = (rb'remote_port\\?"\s*:\s*\\?"?(43|4321|5432)\b',)
SPELLINGS = ("json",)
LINKED = False
SEES = ("process", "dns", "flow")
BLIND = (
    "osquery logs what its scheduled queries ask for: a table nobody asks for is not in the log.",
    "Tables of what runs or is connected just now miss all that came and went between two readings.",
    "DNS lookups are shown on Windows only; on Linux and macOS the names stand in command lines alone.",
)

# https://osquery.readthedocs.io/en/stable/deployment/logging/ and https://osquery.io/schema/ (5.x):
# process_events, es_process_events, bpf_process_events, process_etw_events, processes; socket_events,
# bpf_socket_events, process_open_sockets; dns_lookup_events. The name of a query is free: the columns tell.
_RESULT = re.compile(rb'"(?:columns|snapshot|diffResults)"\s*:\s*[{\[]')
_BATCH = re.compile(rb'"log_type"\s*:\s*"result"')
_OWN = re.compile(rb'"(?:calendarTime|hostIdentifier|unixTime)"\s*:')
_HOSTS = ("decorations.hostname", "decorations.host_name", "decorations.computer_name", "hostname")
_STARTED = ("exec", "execve", "execveat", "processstart", "fork_exec")
_NOBODY = ("4294967295", "-1", "18446744073709551615")
_LISTENING = ("LISTEN", "LISTENING", "CLOSED", "NONE", "UNKNOWN")
_ANY = ("0.0.0.0", "::")  # noqa: S104 -- not bound to, read
_READ = "time of the query, the table has none"
Row = dict[str, Any]


def detect(head: bytes) -> int:
    """93 for result rows with osquery's own time and host names."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"[") or not (_RESULT.search(start) or _BATCH.search(start)):
        return 0
    return 93 if _OWN.search(start) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """All rows of one record that can be read; then Malformed if some could not. Removed rows are nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    reasons: list[str] = []
    rows = list(_rows(json_object(record)))
    for outer, row in rows:
        try:
            yield from _event(outer, row, layout)
        except Malformed as reason:
            reasons.append(str(reason))
    if reasons:
        raise Malformed(reasons[0] if len(rows) == 1 else f"{len(reasons)} of {len(rows)} rows: {reasons[0]}")


def _rows(found: Row) -> Iterator[tuple[Row, Row]]:
    """Each row with what is said of all rows around it."""
    data = found.get("data")
    if isinstance(data, list) and "log_type" in found:
        for each in data:
            if isinstance(each, dict):
                yield from _rows(each)
        return
    if found.get("action") == "removed":
        return
    added = dig(found, "diffResults.added")
    for rows in (found.get("snapshot"), added, [found.get("columns")]):
        if isinstance(rows, list):
            yield from ((found, row) for row in rows if isinstance(row, dict))


def _event(outer: Row, row: Row, layout: Layout) -> Iterator[Event]:
    if "remote_address" in row:
        if _begun(row):
            yield from _socket(row, _shared(outer, row, layout))
    elif "cmdline" in row and not _other(row):
        yield from _process(row, _shared(outer, row, layout))
    elif "name" in row and "response" in row and ("type_id" in row or "type" in row):
        yield from _lookup(row, _shared(outer, row, layout))


def _other(row: Row) -> bool:
    """Whether a row tells of the end of a process, of a fork, or of a system call that failed."""
    kind = string(row.get("event_type")) or string(row.get("syscall")) or string(row.get("type"))
    failed = "syscall" in row and (string(row.get("exit_code")) or "0") != "0"
    return failed or (kind is not None and kind.lower() not in _STARTED)


def _shared(outer: Row, row: Row, layout: Layout) -> Row:
    """Time of the row, else of the query; the machine's name, else what osquery identifies it by."""
    when, doubt = _moment(outer, row, layout)
    host = next((name for path in _HOSTS if (name := string(dig(outer, path)))), None)
    return {
        "time": when,
        "host": host or string(outer.get("hostIdentifier")),
        "user": _user(row),
        "process": string(row.get("path")),
        "doubt": doubt,
    }


def _moment(outer: Row, row: Row, layout: Layout) -> tuple[int, str | None]:
    said = string(row.get("time")) or string(row.get("start_time"))
    if said is not None and integer(said) not in (0, -1):
        return epoch(said), None
    written = string(row.get("datetime"))
    if written is not None:
        with suppress(Malformed):
            return iso(written, layout)
    if string(outer.get("unixTime")) is None:
        raise Malformed("neither time nor unixTime")
    return epoch(outer["unixTime"]), _READ


def _user(row: Row) -> str | None:
    """The name; else the number of the login account, which stays through sudo; else that of the process."""
    for name in ("username", "auid", "uid"):
        said = string(row.get(name))
        if said is not None and said not in _NOBODY:
            return said
    return None


def _process(row: Row, shared: Row) -> Iterator[Event]:
    command, number = string(row.get("cmdline")), string(row.get("pid"))
    if command is None and shared["process"] is None:
        raise Malformed("a process without path and cmdline")
    named = f"process {shared['host']} {number} {shared['time']} {shared['process']}" if number else None
    yield Event(via="process", command_line=command, ident=named, **shared)


def _lookup(row: Row, shared: Row) -> Iterator[Event]:
    name, kind = string(row.get("name")), string(row.get("type")) or string(row.get("type_id"))
    if name is None:
        raise Malformed("a DNS lookup without name")
    yield Event(
        via="dns",
        name=name,
        query_type=query_type(kind) if kind else None,
        ident=f"dns {shared['host']} {row.get('pid')} {shared['time']} {name.lower()} {kind}",
        **shared,
    )


def _begun(row: Row) -> bool:
    """Whether a socket row tells of a connection begun here, not of one accepted or a port that listens."""
    act = string(row.get("action")) or string(row.get("syscall")) or "connect"
    if act != "connect" or row.get("state") in _LISTENING or row.get("remote_address") in ("", *_ANY):
        return False
    return bool(integer(row.get("remote_port")))


def _socket(row: Row, shared: Row) -> Iterator[Event]:
    """A connection; the table of open sockets ("state") does not tell who began it, the ports do."""
    local, port = string(row.get("local_address")), integer(row.get("local_port"))
    server, server_port = string(row.get("remote_address")), integer(row.get("remote_port"))
    number = (shared["host"], row.get("pid"), row.get("fd"), shared["time"])
    flow = Flow(
        time=shared["time"],
        ip=None if local in _ANY else local,
        port=port,
        server_ip=server,
        server_port=server_port,
        protocol=protocol(row.get("protocol")) or None,
        ident=ident(*number, port, server, server_port),
        refused=row.get("status") == "failed",
        doubt=shared["doubt"],
        host=shared["host"],
    )
    for event in requests(flow, one_way="state" in row):
        yield replace(event, user=shared["user"], process=shared["process"])
