"""CrowdStrike Falcon telemetry as JSON: one event in, process, dns, http and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, epoch, integer, json_object, string
from glasshouse.watch.parse_dns import query_type
from glasshouse.watch.parse_flow import protocol
from glasshouse.watch.parse_proxy import url_host

TITLE = "CrowdStrike Falcon telemetry (Falcon Data Replicator, LogScale)"
FORMATS = (
    "Falcon Data Replicator JSON: ProcessRollup2, DnsRequest, NetworkConnectIP4 and IP6, HttpRequest",
    "the same events exported from LogScale (#event_simpleName, @timestamp)",
)
CUT = "json"
NEEDLES = (rb'RemotePort\\?"\s*:\s*\\?"?(43|4321|5432)\b',)
SPELLINGS = ("json",)
LINKED = True
SEES = ("process", "dns", "http", "flow")
BLIND = (
    "The machine's name and the account are often left out; then the sensor's id stands for the machine.",
    "Repeated starts of one program are summed up in one record (ProcessRollup2Stats).",
    "The time is that of arrival in CrowdStrike's cloud: seconds after the act while the machine is online.",
    "Connections carry no sizes, so the number of requests in one cannot be told.",
)

# https://falcon.crowdstrike.com/documentation (events data dictionary, for customers) and
# https://www.ibm.com/docs/en/dsm?topic=replicator-crowdstrike-falcon-data-sample-event-message
_NAME = re.compile(rb'"#?event_simpleName"\s*:\s*"')
_OWN = re.compile(rb'"(?:aid|cid|aip|ConfigBuild|ContextProcessId|TargetProcessId)"\s*:')
_PROCESSES = ("ProcessRollup2", "SyntheticProcessRollup2", "ProcessRollup2Stats")
_FLOWS = ("NetworkConnectIP4", "NetworkConnectIP6")
_HTTP = ("HttpRequest", "HttpRequestDetect")
_METHODS = {"1": "GET", "2": "POST", "3": "PUT", "4": "DELETE", "5": "HEAD", "6": "OPTIONS"}
_USERS = ("UserName", "UserPrincipal", "UserSid", "UID")
_OUTBOUND = (None, "0")
_TYPES = {  # IANA DNS parameters, the resource record types that programs ask for
    "1": "A", "2": "NS", "5": "CNAME", "6": "SOA", "12": "PTR", "15": "MX", "16": "TXT", "28": "AAAA",
    "33": "SRV",
}  # fmt: skip
_DOUBTS = {
    "SyntheticProcessRollup2": "the program ran before the sensor did: it began at some time before",
    "ProcessRollup2Stats": "one record for several starts",
}
_MILLISECONDS_FROM = 10**11
Raw = dict[str, Any]


def detect(head: bytes) -> int:
    """94 for events with CrowdStrike's own names."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] not in (b"{", b"["):
        return 0
    return 94 if _NAME.search(start) and _OWN.search(start) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One event; other kinds give nothing. ``layout`` is not needed: all times are counted from 1970."""
    if not record.strip(b" \t\r\n,[]"):
        return
    fields = json_object(record)
    kind = string(fields.get("event_simpleName")) or string(fields.get("#event_simpleName"))
    if kind in _PROCESSES:
        yield _process(fields, kind)
    elif kind == "DnsRequest":
        yield _dns(fields)
    elif kind in _FLOWS:
        if string(fields.get("ConnectionDirection")) in _OUTBOUND:
            yield _flow(fields)
    elif kind in _HTTP:
        yield _http(fields)


def _shared(fields: Raw, number: str) -> Raw:
    """What all events have. Process number and sensor id together are the link: the number first."""
    sensor = string(fields.get("aid"))
    process = string(fields.get(number))
    written = string(fields.get("id"))
    return {
        "time": _time(fields),
        "host": string(fields.get("ComputerName")) or sensor,
        "user": next((said for name in _USERS if (said := string(fields.get(name)))), None),
        "link": f"{process} {sensor}" if process and sensor else None,
        "ident": f"falcon {written} {process}" if written else None,
    }


def _time(fields: Raw) -> int:
    """When the cloud got it, in milliseconds; else when the sensor saw it, in seconds."""
    for name in ("timestamp", "@timestamp", "ContextTimeStamp", "_time"):
        said = fields.get(name)
        if string(said) is None:
            continue
        number = integer(said)
        if number is not None and number >= _MILLISECONDS_FROM:
            return number * 1000
        return epoch(said)
    raise Malformed("no timestamp")


def _process(fields: Raw, kind: str) -> Event:
    image, command = string(fields.get("ImageFileName")), string(fields.get("CommandLine"))
    if image is None and command is None:
        raise Malformed(f"{kind} without ImageFileName and CommandLine")
    return Event(
        via="process",
        process=image,
        command_line=command,
        doubt=_DOUBTS.get(kind),
        **_shared(fields, "TargetProcessId"),
    )


def _dns(fields: Raw) -> Event:
    name = string(fields.get("DomainName"))
    if name is None:
        raise Malformed("DnsRequest without DomainName")
    number = string(fields.get("RequestType"))
    return Event(
        via="dns",
        name=name,
        query_type=_TYPES.get(number) or query_type(number) if number else None,
        process=_image(fields),
        **_shared(fields, "ContextProcessId"),
    )


def _flow(fields: Raw) -> Event:
    """On phones the address that was asked for stands beside the connection: a name, or a whole URL."""
    server = string(fields.get("RemoteAddressIP4")) or string(fields.get("RemoteAddressIP6"))
    if server is None:
        raise Malformed("a connection without remote address")
    own = string(fields.get("LocalAddressIP6")) if ":" in server else string(fields.get("LocalAddressIP4"))
    asked = string(fields.get("OriginatingURL"))
    whole = asked is not None and "://" in asked
    ported = protocol(fields.get("Protocol")) in (None, 6, 17)
    return Event(
        via="flow",
        name=url_host(asked) if whole else asked,
        url=asked if whole else None,
        ip=None if own in ("0.0.0.0", "::") else own,  # noqa: S104 -- not bound to, read
        server_ip=server,
        server_port=integer(fields.get("RemotePort")) if ported else None,
        process=_image(fields),
        **_shared(fields, "ContextProcessId"),
    )


def _http(fields: Raw) -> Event:
    """Host and path, or a URL; the method is a number."""
    name, path = string(fields.get("HttpHost")), string(fields.get("HttpPath"))
    url = string(fields.get("HttpUrl")) or path
    if name is None and url is None:
        raise Malformed("HttpRequest without HttpHost, HttpPath and HttpUrl")
    method = string(fields.get("HttpMethod"))
    return Event(
        via="http",
        name=name or url_host(url),
        url=url,
        method=_METHODS.get(method, method) if method else None,
        ip=string(fields.get("LocalAddressIP4")) or string(fields.get("LocalAddressIP6")),
        server_ip=string(fields.get("RemoteAddressIP4")) or string(fields.get("RemoteAddressIP6")),
        server_port=integer(fields.get("RemotePort")),
        process=_image(fields),
        **_shared(fields, "ContextProcessId"),
    )


def _image(fields: Raw) -> str | None:
    return string(fields.get("ContextImageFileName")) or string(fields.get("ContextBaseFileName"))
