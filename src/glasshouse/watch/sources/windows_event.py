"""Sysmon 1, 3, 22 and Security 4688 as EVTX, XML or JSON: one record in, process, dns and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, string
from glasshouse.watch.parse_sysmon import process_ident, sysmon
from glasshouse.watch.parse_windows import WindowsEvent, event_time, windows_events

TITLE = "Windows events: Sysmon 1/3/22 and Security 4688"
FORMATS = (
    "EVTX",
    "XML: <Event> elements, one or many; Sysmon for Linux too",
    "Winlogbeat JSON (winlog.event_data)",
    "flat JSON (NXLog, winlog agents, Sentinel with EventData as text)",
)
CUT = "json"
NEEDLES = (
    rb"(?s)DestinationPort[^N].{0,40}[^0-9](43|4321|5432)[^0-9]",
    rb'port"\s*:\s*"?(43|4321|5432)\b',
    rb"\\u0026#",  # an XML reference inside JSON text
)
SPELLINGS = ("json", "xml")
LINKED = True
SEES = ("process", "dns", "flow")
BLIND = (
    "Sysmon 22 and 3 show names and addresses; paths, queries and the number of requests are not in them.",
    "Sysmon 3 names no service: its host name is a reverse name, so a service behind a CDN cannot be told.",
    "4688 has no command line unless the policy 'Include command line in process creation events' is on.",
    "Programs that resolve names themselves (DNS over HTTPS) write no Sysmon 22.",
)

_NOBODY = ("-", "", "null sid", "s-1-0-0")
_JSON_SIGN = re.compile(
    rb'"winlog(?:\.event_id|\.channel)?"\s*:|"(?:Channel|LogName|log_name)"\s*:\s*"[^"]*(?:Sysmon|Security)'
    rb'|"(?:SourceName|ProviderName|Provider|Source)"\s*:\s*"(?:Microsoft-Windows-|Linux-Sysmon)'
    rb'|"EventData"\s*:|"NewProcessName"\s*:|"QueryStatus"\s*:|"ProcessGuid"\s*:',
    re.IGNORECASE,
)
_JSON_ID = re.compile(rb'"(?:EventID|event_id|winlog\.event_id)"\s*:', re.IGNORECASE)
_XML_SIGN = re.compile(rb"schemas\.microsoft\.com/win/2004/08/events|Linux-Sysmon|Microsoft-Windows-")


def detect(head: bytes) -> int:
    """95 for EVTX, 92 for Windows event XML, 93 for Winlogbeat and 90 for flat JSON."""
    if head.startswith(b"ElfFile\x00"):
        return 95
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if re.search(rb"<Event[\s>]", start) and _XML_SIGN.search(start):
        return 92 if start.startswith(b"<") else 0 if start[:1] in b"{[" else 88
    if start[:1] not in (b"{", b"[") or b'"class_uid"' in start or b'"AdvancedHunting-' in start:
        return 0
    if not (_JSON_ID.search(start) and _JSON_SIGN.search(start)):
        return 0
    return 93 if b'"winlog' in start else 90


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record; other events than these four give nothing."""
    for event in windows_events(record):
        if _ours(event):
            yield from _security(event, layout) if event.id == 4688 else sysmon(event, layout)


def _ours(event: WindowsEvent) -> bool:
    """Event numbers are only unique per provider: 1 of another provider is no process start."""
    if event.id == 4688:
        return not event.provider or "security" in event.provider
    if event.provider:
        return "sysmon" in event.provider
    return any(string(event.data.get(name)) for name in ("ProcessGuid", "QueryName", "UtcTime"))


def _security(event: WindowsEvent, layout: Layout) -> Iterator[Event]:
    data = event.data
    image, said = string(data.get("NewProcessName")), string(data.get("CommandLine"))
    if not (image or said):
        raise Malformed("4688 without NewProcessName and CommandLine")
    when, doubt = event_time(event, layout)
    yield Event(
        via="process",
        time=when,
        user=_account(event, "Target") or _account(event, "Subject"),
        host=event.computer,
        process=image,
        command_line=said,
        ident=process_ident(event, "NewProcessId", when),
        doubt=doubt,
    )


def _account(event: WindowsEvent, whose: str) -> str | None:
    name = string(event.data.get(f"{whose}UserName"))
    if name is None or name.lower() in _NOBODY:
        return None
    domain = string(event.data.get(f"{whose}DomainName"))
    return f"{domain}\\{name}" if domain else name
