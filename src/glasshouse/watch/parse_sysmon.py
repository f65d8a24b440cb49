"""One Sysmon event in, its Event out: process starts, connections begun here, DNS questions, on any system.

The events are those of https://learn.microsoft.com/en-us/sysinternals/downloads/sysmon; Sysmon for Linux
writes 1 and 3 alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, integer, string
from glasshouse.watch.parse_windows import WindowsEvent, event_time

_NOT_ASKED = 9701  # DNS_ERROR_RECORD_DOES_NOT_EXIST: the local cache said no, nothing went on the wire


def sysmon(event: WindowsEvent, layout: Layout, cut: str | None = None) -> Iterator[Event]:
    """The Event of 1, 3 or 22, nothing of others; ``cut`` says what the record lost. Raises Malformed."""
    build = {1: _process, 3: _flow, 22: _dns}.get(event.id)
    if build:
        yield from build(event, layout, cut)


def process_ident(event: WindowsEvent, pid: str, when: int) -> str | None:
    """Sysmon 1 and Security 4688 of one process agree on machine, process number and second."""
    number = integer(event.data.get(pid))
    if number is None or event.computer is None:
        return None
    return f"process {event.computer.split('.')[0].lower()} {number} {when // MICRO}"


def _process(event: WindowsEvent, layout: Layout, cut: str | None) -> Iterator[Event]:
    image, said = string(event.data.get("Image")), string(event.data.get("CommandLine"))
    if not (image or said):
        raise Malformed(_lost("Sysmon 1 without Image and CommandLine", cut))
    when, doubt = event_time(event, layout)
    yield Event(
        via="process",
        time=when,
        user=string(event.data.get("User")),
        host=event.computer,
        process=image,
        command_line=said,
        link=_guid(event),
        ident=process_ident(event, "ProcessId", when),
        doubt=_both(doubt, cut),
    )


def _flow(event: WindowsEvent, layout: Layout, cut: str | None) -> Iterator[Event]:
    """Connections begun here; the host name beside the address is a reverse name."""
    data = event.data
    if str(data.get("Initiated", "true")).strip().lower() != "true":
        return
    server, port = string(data.get("DestinationIp")), integer(data.get("DestinationPort"))
    if server is None:
        raise Malformed(_lost("Sysmon 3 without DestinationIp", cut))
    when, doubt = event_time(event, layout)
    yield Event(
        via="flow",
        time=when,
        user=string(data.get("User")),
        host=event.computer,
        ip=string(data.get("SourceIp")),
        process=_image(event),
        server_ip=server,
        server_port=port,
        link=_guid(event),
        ident=_ident(event, when, f"{data.get('SourcePort')} {server} {port}"),
        doubt=_both(doubt, cut),
    )


def _dns(event: WindowsEvent, layout: Layout, cut: str | None) -> Iterator[Event]:
    name = string(event.data.get("QueryName"))
    if name is None:
        raise Malformed(_lost("Sysmon 22 without QueryName", cut))
    when, doubt = event_time(event, layout)
    not_asked = integer(event.data.get("QueryStatus")) == _NOT_ASKED
    told = f"query status {_NOT_ASKED}: not asked on the wire" if not_asked else None
    yield Event(
        via="dns",
        time=when,
        name=name,
        user=string(event.data.get("User")),
        host=event.computer,
        process=_image(event),
        link=_guid(event),
        ident=_ident(event, when, name.lower()),
        doubt=_both(doubt, told, cut),
    )


def _image(event: WindowsEvent) -> str | None:
    said = string(event.data.get("Image"))
    return None if said == "<unknown process>" else said


def _guid(event: WindowsEvent) -> str | None:
    """The process, which its start, questions and connections share; all zeros: it began before Sysmon."""
    guid = (string(event.data.get("ProcessGuid")) or "").strip("{}").lower()
    return guid if guid.strip("0-") else None


def _ident(event: WindowsEvent, when: int, what: str) -> str | None:
    who = _guid(event) or event.computer
    return f"sysmon {event.id} {who} {when} {what}" if who else None


def _both(*doubts: str | None) -> str | None:
    return "; ".join(filter(None, doubts)) or None


def _lost(what: str, cut: str | None) -> str:
    return f"{what}: {cut}" if cut else what
