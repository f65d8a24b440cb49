"""Rows of Sentinel tables as JSON in (CommonSecurityLog, DnsEvents, ASIM); Events of every kind out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, iso, json_object, string
from glasshouse.watch.parse_dns_cloud import record_type
from glasshouse.watch.parse_proxy import connect_name, url_host

TITLE = "Microsoft Sentinel and Log Analytics tables"
FORMATS = (
    "CommonSecurityLog, DnsEvents as JSON: lines or an array, from the portal, az or the export to storage",
    "ASIM: ASimDnsActivityLogs, ASimWebSessionLogs, ASimNetworkSessionLogs, ASimProcessEventLogs",
    "the same tables as CSV of the portal, with [UTC] columns",
)
CUT = "json"
NEEDLES = (rb'(port|PortNumber)"\s*:\s*"?(43|4321|5432)(\.0)?\b',)
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns", "http", "tls", "flow", "process")
BLIND = (
    "What a row holds depends on the product behind it and on the rules that collect it: columns it left "
    "empty are empty here.",
    "DnsEvents come from Windows DNS servers: names of clients are not in them, and what a server answered "
    "for another server carries that server's address.",
    "An export of a query holds what the query kept: rows and columns it dropped cannot be told from none.",
)

# https://learn.microsoft.com/azure/azure-monitor/reference/tables/commonsecuritylog , .../dnsevents
# https://learn.microsoft.com/azure/sentinel/normalization-about-schemas
_TYPE = re.compile(
    rb'"Type"\s*:\s*"(CommonSecurityLog|DnsEvents|'
    rb'ASim(DnsActivity|WebSession|NetworkSession|ProcessEvent)Logs)"'
)
_SIGNS = (
    re.compile(
        rb'"DeviceVendor"\s*:.*"DeviceProduct"\s*:|"DeviceProduct"\s*:.*"DeviceVendor"\s*:', re.DOTALL
    ),
    re.compile(rb'"SubType"\s*:\s*"(LookupQuery|DynamicRegistration|Response)'),
    re.compile(rb'"EventSchema"\s*:\s*"(Dns|WebSession|NetworkSession|ProcessEvent)"'),
)
_START = re.compile(r"(?:https?|ftp|tcp|ws|wss)://", re.IGNORECASE)
_IN = ("inbound", "0", "in")
Raw = dict[str, Any]


def detect(head: bytes) -> int:
    """94 for a table's name, 88 for columns that only such a table has."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"[") or not re.search(rb'"(?:TimeGenerated|EventStartTime)"\s*:', start):
        return 0
    if _TYPE.search(start):
        return 94
    return 88 if any(sign.search(start) for sign in _SIGNS) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One row; rows of other tables give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    fields = json_object(record)
    build = _READERS.get(_table(fields))
    if build is not None:
        yield from build(fields, layout)


def _table(fields: Raw) -> str:
    """The table of a row, by its Type or by its columns."""
    said = string(fields.get("Type")) or string(fields.get("EventSchema")) or ""
    if said in _READERS:
        return said
    if "DeviceVendor" in fields and "DeviceProduct" in fields:
        return "CommonSecurityLog"
    return "DnsEvents" if "SubType" in fields and "ClientIP" in fields else said


def _time(fields: Raw, *names: str) -> str:
    said = _first(fields, *names, "TimeGenerated")
    if said is None:
        raise Malformed("no TimeGenerated")
    return said


def _security(fields: Raw, layout: Layout) -> Iterator[Event]:
    """CEF as Sentinel stores it: a URL is a request, a destination name a connection."""
    when, doubt = iso(_time(fields), layout)
    url, method = _first(fields, "RequestURL"), (_first(fields, "RequestMethod") or "").upper()
    inbound = (_first(fields, "CommunicationDirection") or "").lower() in _IN
    named = _first(fields, "DestinationHostName", "DestinationDnsDomain")
    shared: Raw = {
        "time": when,
        "user": _first(fields, "SourceUserName", "SourceUserID"),
        "host": _first(fields, "SourceHostName"),
        "ip": _first(fields, "SourceIP", "SourceTranslatedAddress"),
        "process": _first(fields, "SourceProcessName"),
        "server_ip": _first(fields, "DestinationIP"),
        "server_port": integer(fields.get("DestinationPort")),
        "bytes_out": integer(fields.get("SentBytes")),
        "bytes_in": integer(fields.get("ReceivedBytes")),
        "ident": _id(fields, "ExternalID", "ExtID"),
        "doubt": doubt,
    }
    if url or method:
        yield _request(url, method, named, inbound, _first(fields, "RequestClientApplication"), shared)
    elif shared["server_ip"] or named:
        yield Event(via="flow", name=None if inbound else named, **shared)


def _request(
    url: str | None, method: str, named: str | None, inbound: bool, agent: str | None, shared: Raw
) -> Event:
    """A request; a URL without its scheme is written by several products."""
    if url and not _START.match(url) and not url.startswith("/") and method != "CONNECT":
        url = f"http://{url}"
    connect = method == "CONNECT"
    if inbound and url and "://" in url:
        url = "/" + url.split("://", 1)[1].partition("/")[2]  # somebody else asked us: the path only
    name = connect_name(url) if connect and url else url_host(url) or named
    return Event(
        via="http",
        name=None if inbound else name or named,
        url=None if connect else url,
        method=string(method),
        user_agent=agent,
        proxied=not inbound,
        **shared,
    )


def _dns_events(fields: Raw, layout: Layout) -> Iterator[Event]:
    """Questions only: LookupQuery; the Computer is the DNS server, not the client."""
    if _first(fields, "SubType") not in ("LookupQuery", None):
        return
    when, doubt = iso(_time(fields), layout)
    name = _first(fields, "Name")
    if name is None:
        raise Malformed("LookupQuery without Name")
    yield Event(
        via="dns",
        time=when,
        name=name,
        query_type=record_type(fields.get("QueryType")),
        ip=_first(fields, "ClientIP"),
        doubt=doubt,
    )


def _asim(fields: Raw, layout: Layout) -> Raw:
    """What all ASIM schemas share."""
    when, doubt = iso(_time(fields, "EventStartTime"), layout)
    length = integer(fields.get("NetworkDuration"))
    return {
        "time": when,
        "user": _first(fields, "SrcUsername", "User"),
        "host": _first(fields, "SrcHostname", "SrcFQDN"),
        "ip": _first(fields, "SrcIpAddr"),
        "process": _first(fields, "SrcProcessName"),
        "server_ip": _first(fields, "DstIpAddr"),
        "server_port": integer(fields.get("DstPortNumber")),
        "bytes_out": integer(fields.get("SrcBytes")),
        "bytes_in": integer(fields.get("DstBytes")),
        "packets_out": integer(fields.get("SrcPackets")),
        "duration": length * 1000 if length is not None else None,
        "ident": _id(fields, "EventOriginalUid", "NetworkSessionId", "DnsSessionId"),
        "doubt": doubt,
    }


def _asim_dns(fields: Raw, layout: Layout) -> Iterator[Event]:
    """A question and its answer of one transaction share an ident where the product gives a number."""
    name = _first(fields, "DnsQuery", "Domain")
    if name is None:
        raise Malformed("a DNS row without DnsQuery")
    shared = _asim(fields, layout)
    number, port = _first(fields, "TransactionIdHex", "DnsSessionId"), _first(fields, "SrcPortNumber")
    if number and port:
        shared["ident"] = f"dns {shared['ip']} {port} {number} {name.lower()}"
    kind = _first(fields, "DnsQueryTypeName")
    yield Event(via="dns", name=name, query_type=kind.upper() if kind else None, **shared)


def _asim_web(fields: Raw, layout: Layout) -> Iterator[Event]:
    shared = _asim(fields, layout)
    method = (_first(fields, "HttpRequestMethod") or "").upper()
    inbound = (_first(fields, "NetworkDirection") or "").lower() == "inbound" or _first(
        fields, "EventType"
    ) in ("WebServerSession", "ApiRequest")
    named = _first(fields, "HttpHost", "DstFQDN", "DstDomain", "DstHostname", "UrlDomain")
    shared["status"] = integer(fields.get("EventResultDetails")) or None
    yield _request(_first(fields, "Url"), method, named, inbound, _first(fields, "HttpUserAgent"), shared)


def _asim_network(fields: Raw, layout: Layout) -> Iterator[Event]:
    """A connection; a destination name is a TLS server name only where the row says so."""
    if _first(fields, "EventSubType") == "Start":
        return  # its end says more
    shared = _asim(fields, layout)
    inbound = (_first(fields, "NetworkDirection") or "").lower() in ("inbound", "local")
    named = _first(fields, "DstFQDN", "DstDomain", "DstHostname")
    secure = (_first(fields, "NetworkApplicationProtocol") or "").lower() in ("https", "tls", "ssl")
    via: Any = "tls" if secure and named and not inbound else "flow"
    yield Event(via=via, name=None if inbound else named, **shared)


def _asim_process(fields: Raw, layout: Layout) -> Iterator[Event]:
    if _first(fields, "EventType") not in ("ProcessCreated", None):
        return
    when, doubt = iso(_time(fields, "EventStartTime"), layout)
    yield Event(
        via="process",
        time=when,
        user=_first(fields, "TargetUsername", "ActorUsername", "User"),
        host=_first(fields, "DvcHostname", "Dvc", "DvcFQDN"),
        ip=_first(fields, "DvcIpAddr"),
        process=_first(fields, "TargetProcessName", "Process"),
        command_line=_first(fields, "TargetProcessCommandLine", "CommandLine"),
        ident=_id(fields, "EventOriginalUid"),
        doubt=doubt,
    )


def _first(fields: Raw, *names: str) -> str | None:
    return next((said for name in names if (said := string(fields.get(name)))), None)


def _id(fields: Raw, *names: str) -> str | None:
    said = _first(fields, *names)
    return f"sentinel {said}" if said else None


_READERS = {
    "CommonSecurityLog": _security,
    "DnsEvents": _dns_events,
    "ASimDnsActivityLogs": _asim_dns,
    "ASimWebSessionLogs": _asim_web,
    "ASimNetworkSessionLogs": _asim_network,
    "ASimProcessEventLogs": _asim_process,
    "Dns": _asim_dns,
    "WebSession": _asim_web,
    "NetworkSession": _asim_network,
    "ProcessEvent": _asim_process,
}
