"""Windows events as XML or JSON of any collector in, the same events in one flat shape out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from glasshouse.errors import Malformed
from glasshouse.watch.parse import MICRO, Layout, dig, epoch, integer, iso, json_object, string

Data = dict[str, Any]

_COMPUTER = ("Computer", "Hostname", "HOSTNAME", "ComputerName", "computer_name", "MachineName")
_PROVIDER = ("SourceName", "ProviderName", "Provider", "Source", "source_name", "provider_name")
_CREATED = ("TimeCreated", "SystemTime", "time_created", "TimeGenerated", "EventTime")
_ECS = {  # Winlogbeat's Sysmon and Security modules move these out of event_data
    "Image": "process.executable",
    "CommandLine": "process.command_line",
    "ProcessId": "process.pid",
    "ProcessGuid": "process.entity_id",
    "QueryName": "dns.question.name",
    "SourceIp": "source.ip",
    "SourcePort": "source.port",
    "DestinationIp": "destination.ip",
    "DestinationPort": "destination.port",
    "NewProcessName": "process.executable",
    "NewProcessId": "process.pid",
}
_BEGIN = re.compile(r"<Event[\s>]")
_OFFSET_STEP, _OFFSET_SLACK = 15 * 60 * MICRO, 5 * 60 * MICRO


@dataclass(frozen=True, slots=True)
class WindowsEvent:
    """One event whatever wrote it: ``data`` holds the named values of EventData as text, number or bool."""

    id: int
    provider: str  # provider and channel, lower case, both may be missing
    computer: str | None
    created: object  # the time the event log gave, as written
    arrived: str | None  # the time a collector added, always with a zone
    record: str | None
    data: Data


def windows_events(record: bytes) -> Iterator[WindowsEvent]:
    """The events of one record (XML or JSON); none for closing tags and blank records. Raises Malformed."""
    body = record.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        return
    if body[:1] in b"{[,":
        yield from _from_json(json_object(body))
    else:
        yield from _from_xml(body.decode("utf-8", "replace"))


def event_time(event: WindowsEvent, layout: Layout) -> tuple[int, str | None]:
    """When it happened, in microseconds, and a doubt. Raises Malformed.

    Sysmon's own UtcTime comes first: collectors rewrite the other times in their local zone, some with a "Z".
    """
    utc = string(event.data.get("UtcTime"))
    if utc:
        return iso(utc if utc.endswith("Z") else utc + "Z", layout)
    if event.created is None:
        if event.arrived is None:
            raise Malformed("no time")
        return iso(event.arrived, layout)[0], "time of arrival at the collector"
    if isinstance(event.created, int | float):
        return epoch(event.created), None
    moment, doubt = iso(str(event.created), layout)
    if doubt and event.arrived:
        return _zone_from_arrival(moment, iso(event.arrived, layout)[0], doubt)
    return moment, doubt


def _zone_from_arrival(moment: int, arrived: int, doubt: str) -> tuple[int, str]:
    """A local time moved by the whole quarter hours that bring it just before the time of arrival."""
    shift = (arrived - moment + _OFFSET_STEP // 2) // _OFFSET_STEP * _OFFSET_STEP
    late = arrived - moment - shift
    if abs(shift) > 14 * 3600 * MICRO or abs(late) > _OFFSET_SLACK:
        return moment, doubt
    return moment + shift, "local time without zone, the zone taken from the time of arrival"


# --- XML -------------------------------------------------------------------------------------------------


def _from_xml(said: str) -> Iterator[WindowsEvent]:
    if "<!DOCTYPE" in said or "<!ENTITY" in said:
        raise Malformed("XML with a document type or entity declaration")
    begin = _BEGIN.search(said)
    if begin is None:
        if re.fullmatch(r"(?:\s|</?Events>|<\?xml[^>]*>|<!--.*?-->)*", said, re.DOTALL):
            return
        raise Malformed("no <Event> element")
    end = said.rfind("</Event>")
    if end < 0:
        raise Malformed("<Event> without its end")
    yield _xml_event(_element(said[begin.start() : end + len("</Event>")]))


def _element(said: str) -> ET.Element:
    try:
        return ET.fromstring(said)  # noqa: S314 -- no document type can be in it
    except ET.ParseError as problem:
        raise Malformed(f"not XML: {str(problem)[:80]}") from None


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _xml_event(root: ET.Element) -> WindowsEvent:
    parts = {_tag(child): child for child in root}
    system = {_tag(child): child for child in parts.get("System", ())}

    def said(name: str, attribute: str | None = None) -> str | None:
        found = system.get(name)
        return None if found is None else string(found.get(attribute) if attribute else found.text)

    return WindowsEvent(
        id=_id(said("EventID")),
        provider=_provider(said("Provider", "Name"), said("Channel")),
        computer=said("Computer"),
        created=said("TimeCreated", "SystemTime"),
        arrived=None,
        record=said("EventRecordID"),
        data=_xml_data(parts.get("EventData", ())),
    )


def _xml_data(element: ET.Element | tuple[()]) -> Data:
    return {child.get("Name", ""): child.text for child in element if _tag(child) == "Data"}


# --- JSON ------------------------------------------------------------------------------------------------


def _from_json(record: Data) -> Iterator[WindowsEvent]:
    inner = record.get("_source")
    if isinstance(inner, dict):
        record = inner
    event = record.get("Event", record)
    if isinstance(event, dict) and isinstance(event.get("System"), dict):
        yield _evtx(event)
    elif dig(record, "winlog.event_id") is not None or "event_data" in record:
        yield _winlogbeat(record)
    elif "EventID" in record:
        yield _flat(record)


def _evtx(event: Data) -> WindowsEvent:
    """EVTX turned to JSON: attributes stand under "#attributes" (evtx), or as "@Name" (XML to JSON tools)."""
    system: Data = event["System"]
    return WindowsEvent(
        id=_id(_plain(system.get("EventID"))),
        provider=_provider(_attribute(system.get("Provider"), "Name"), system.get("Channel")),
        computer=string(_plain(system.get("Computer"))),
        created=_attribute(system.get("TimeCreated"), "SystemTime"),
        arrived=None,
        record=string(_plain(system.get("EventRecordID"))),
        data=_event_data(event.get("EventData")),
    )


def _winlogbeat(record: Data) -> WindowsEvent:
    log = record.get("winlog")
    log = log if isinstance(log, dict) else _below(record, "winlog.") or record
    data = log.get("event_data") or _below(log, "event_data.")
    values = _event_data(data)
    for name, path in _ECS.items():
        if string(values.get(name)) is None:
            values[name] = dig(record, path)
    if string(values.get("User")) is None:
        account = (string(dig(record, "user.domain")), string(dig(record, "user.name")))
        values["User"] = "\\".join(filter(None, account))
    return WindowsEvent(
        id=_id(log.get("event_id")),
        provider=_provider(_first(log, _PROVIDER), log.get("channel") or log.get("log_name")),
        computer=string(_first(log, _COMPUTER) or dig(record, "host.name")),
        created=log.get("time_created") or record.get("@timestamp"),
        arrived=None,
        record=string(log.get("record_id")),
        data=values,
    )


def _flat(record: Data) -> WindowsEvent:
    """One level of names: NXLog, agents, Sentinel (EventData is text there); "host" is the collector."""
    return WindowsEvent(
        id=_id(record.get("EventID")),
        provider=_provider(_first(record, _PROVIDER), record.get("Channel") or record.get("EventLog")),
        computer=string(_first(record, _COMPUTER)),
        created=_attribute(_first(record, _CREATED), "SystemTime"),
        arrived=string(record.get("@timestamp")),
        record=string(_first(record, ("EventRecordID", "RecordNumber", "EventRecordId"))),
        data={**record, **_event_data(record.get("EventData"))},
    )


def _event_data(value: object) -> Data:
    """EventData as an object, as JSON text, as XML text, or as a list of named values."""
    if isinstance(value, str):
        body = value.strip()
        if body.startswith("{"):
            return _event_data(json_object(body.encode()))
        if body.startswith("<"):
            if "<!DOCTYPE" in body or "<!ENTITY" in body:
                raise Malformed("XML with a document type or entity declaration")
            return _xml_data(_element(f"<EventData>{_inner(body)}</EventData>"))
        return {}
    if not isinstance(value, dict):
        return {}
    named = value.get("Data")
    if isinstance(named, list):
        return {str(_attribute(one, "Name")): _plain(one) for one in named if isinstance(one, dict)}
    return {name: _plain(one) for name, one in value.items()}


def _inner(body: str) -> str:
    """The content of an <EventData> element, also in the <DataItem> of Log Analytics; else what is given."""
    found = re.match(r"(?:<DataItem\b[^>]*>)?<EventData\b[^>]*>(.*)</EventData>", body, re.DOTALL)
    return found[1] if found else body


def _plain(value: object) -> object:
    return value.get("#text") if isinstance(value, dict) else value


def _attribute(value: object, name: str) -> object:
    if not isinstance(value, dict):
        return value
    inner = value.get("#attributes")
    return inner.get(name) if isinstance(inner, dict) else value.get(f"@{name}", value.get(name))


def _below(record: Data, prefix: str) -> Data:
    return {name.removeprefix(prefix): value for name, value in record.items() if name.startswith(prefix)}


def _first(record: Data, names: tuple[str, ...]) -> object:
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def _id(value: object) -> int:
    number = integer(value)
    if number is None:
        raise Malformed("EventID is not a number")
    return number


def _provider(provider: object, channel: object) -> str:
    said = (string(_attribute(provider, "Name")), string(_plain(channel)))
    return " ".join(filter(None, said)).lower()
