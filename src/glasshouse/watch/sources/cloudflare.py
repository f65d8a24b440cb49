"""Cloudflare Logpush (Gateway DNS, HTTP, network; DNS logs): one JSON record in, Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, json_object, string
from glasshouse.watch.parse_dns_cloud import Raw, moment, record_type, within
from glasshouse.watch.parse_proxy import asked

TITLE = "Cloudflare Logpush (Gateway DNS, HTTP and network; DNS and DNS Firewall logs)"
FORMATS = (
    "gateway_dns, gateway_http, gateway_network, zero_trust_network_sessions",
    "dns_logs (a zone's own name servers) and dns_firewall_logs",
    "JSON, one record a line; times in RFC 3339, seconds or nanoseconds",
)
CUT = "json"
NEEDLES = (rb'DestinationPort"\s*:\s*"?(43|4321|5432)\b', rb'OriginPort"\s*:\s*"?(43|4321|5432)\b')
SPELLINGS = ("json",)
LINKED = True
SEES = ("dns", "http", "tls", "flow")
BLIND = (
    "Without TLS decryption Gateway writes the server name of a session, no paths and no number of requests.",
    "Without the WARP client the address is that of the whole site, and there is no user.",
    "dns_logs hold what resolvers of others asked about our zones: they show no look-up of ours.",
)

# https://developers.cloudflare.com/logs/logpush/logpush-job/datasets/
_DNS = re.compile(rb'"(?:QueryNameReversed|ResolverDecision|QueryName)"\s*:')
_DNS_TOO = re.compile(rb'"(?:ResolverDecision|ColoCode|ColoID|EDNSSubnet|ClusterID|ResponseCode)"\s*:')
_STAMP = re.compile(rb'"(?:Datetime|Timestamp|SessionStartTime)"\s*:')
_HTTP = re.compile(rb'"(?:HTTPHost|UntrustedCertificateAction|DownloadedFileNames)"\s*:')
_SESSION = re.compile(rb'"SessionID"\s*:')
_SESSION_TOO = re.compile(rb'"(?:OverrideIP|SNI|EgressColoName|ConnectionCloseReason)"\s*:')
_ACCESS = re.compile(rb'"RayID"\s*:.{0,4000}"TemporaryAccess|"AppUUID"\s*:.{0,4000}"RayID"\s*:', re.DOTALL)
_TIMES = ("Datetime", "SessionStartTime", "Timestamp", "Time")


def detect(head: bytes) -> int:
    """91 for the keys of a dataset with its time."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"{", b"["):
        return 0
    if _ACCESS.search(head):
        return 85
    if not _STAMP.search(head):
        return 0
    if _DNS.search(head) and _DNS_TOO.search(head):
        return 91
    if _HTTP.search(head) and b'"HTTPMethod"' in head:
        return 91
    return 91 if _SESSION.search(head) and _SESSION_TOO.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record; datasets that show no look-up (Access, audit) give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    found = json_object(record)
    if "QueryName" in found:
        yield _dns(found, layout)
    elif "HTTPHost" in found or "HTTPMethod" in found:
        yield _http(found, layout)
    elif "SessionID" in found and ("DestinationIP" in found or "OriginIP" in found or "SNI" in found):
        yield from _session(found, layout)


def _shared(found: Raw, layout: Layout) -> Raw:
    when, doubt = moment(within(found, _TIMES), layout)
    return {
        "time": when,
        "user": string(within(found, ("Email", "UserID"))),
        "host": string(within(found, ("DeviceName", "DeviceID"))),
        "ip": string(within(found, ("SourceInternalIP", "SourceIP", "SrcIP"))),
        "doubt": doubt,
    }


def _dns(found: Raw, layout: Layout) -> Event:
    name = string(found.get("QueryName"))
    if not name:
        raise Malformed("a question without its name")
    shared = _shared(found, layout)
    number = string(within(found, ("QueryID", "RequestID")))
    return Event(
        via="dns",
        name=name,
        query_type=record_type(within(found, ("QueryTypeName", "QueryType"))),
        server_ip=string(found.get("DstIP")),
        server_port=integer(found.get("DstPort")),
        ident=f"cloudflare dns {number}" if number else None,
        **shared,
    )


def _http(found: Raw, layout: Layout) -> Event:
    method = string(found.get("HTTPMethod"))
    name, url = asked(method, string(found.get("URL")))
    number = string(found.get("RequestID"))
    return Event(
        via="http",
        name=string(found.get("HTTPHost")) or name,
        url=url,
        method=method,
        status=integer(found.get("HTTPStatusCode")) or None,
        user_agent=string(found.get("UserAgent")),
        server_ip=string(found.get("DestinationIP")),
        server_port=integer(found.get("DestinationPort")) or None,
        link=string(found.get("SessionID")),
        ident=f"cloudflare http {number}" if number else None,
        proxied=True,
        **_shared(found, layout),
    )


def _session(found: Raw, layout: Layout) -> Iterator[Event]:
    """A network session: a hello when it has a server name, and the flow with its bytes."""
    shared = _shared(found, layout)
    session, name = string(found.get("SessionID")), string(found.get("SNI"))
    place: Raw = {
        "server_ip": string(within(found, ("DestinationIP", "OriginIP"))),
        "server_port": integer(within(found, ("DestinationPort", "OriginPort"))),
        "link": session,
        "proxied": True,
    }
    if name:
        yield Event(via="tls", name=name, ident=f"cloudflare tls {session}", **place, **shared)
    yield Event(
        via="flow",
        bytes_out=integer(found.get("BytesSent")),
        bytes_in=integer(found.get("BytesReceived")),
        duration=_length(found, layout),
        ident=f"cloudflare flow {session} {shared['time']}",
        **place,
        **shared,
    )


def _length(found: Raw, layout: Layout) -> int | None:
    start, end = found.get("SessionStartTime"), found.get("SessionEndTime")
    if start in (None, "") or end in (None, ""):
        return None
    return max(moment(end, layout)[0] - moment(start, layout)[0], 0)
