"""Azure DNS query logs (security policies, Azure Firewall proxy): one JSON record in, dns Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, seconds, string
from glasshouse.watch.parse_dns import address
from glasshouse.watch.parse_dns_cloud import Raw, lowered, moment, parsed, record_type, unwrapped, within

TITLE = "Azure DNS query logs (DNS security policy, Azure Firewall DNS proxy)"
FORMATS = (
    "DNSQueryLogs: diagnostic records (category DnsResponse) or rows of Log Analytics as JSON",
    "AZFWDnsQuery: the structured log of the Azure Firewall DNS proxy",
    "AzureFirewallDnsProxy: `DNS Request: ...` in properties.msg (AzureDiagnostics: msg_s)",
    "one record a line, an array, or `records` of a storage account or event hub",
)
CUT = "json"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("json",)
LINKED = False
SEES = ("dns",)
BLIND = (
    "A DNS question shows that a name was looked up, not how many requests followed nor what they asked.",
    "Only networks linked to a DNS security policy, or pointed at the firewall's DNS proxy, are in it.",
    "Programs that ask another resolver (DNS over HTTPS, a public resolver) leave nothing here.",
)

# https://learn.microsoft.com/azure/azure-monitor/reference/tables/dnsquerylogs and .../azfwdnsquery
_TABLE = re.compile(
    rb'\\?"(?:category|type|operationname)\\?"\s*:\s*\\?"'
    rb"(?:DnsResponse|DnsQueryLogs?|AZFWDnsQuery|AzureFirewallDnsProxy|RESPONSE_SUCCESS)",
    re.IGNORECASE,
)
_COLUMNS = re.compile(rb'\\?"queryname\\?"\s*:', re.IGNORECASE)
_SOURCE = re.compile(rb'\\?"source(?:ip|ipaddress)\\?"\s*:', re.IGNORECASE)
_TIME = re.compile(rb'"(?:timegenerated(?: \[utc\])?|time)"\s*:', re.IGNORECASE)
_PROXY = re.compile(rb'"msg(?:_s)?"\s*:\s*"DNS Request: ', re.IGNORECASE)
# https://learn.microsoft.com/azure/firewall/monitor-firewall-reference : the legacy DNS proxy log
_MESSAGE = re.compile(
    r"DNS Request: (?P<from>\S+) - (?P<id>\d+) (?P<type>\S+) (?P<class>\S+) (?P<name>\S+) (?P<proto>\S+)"
    r"(?: \S+){3}(?: \S+ \S+ \d+ (?P<took>[\d.]+)s)?",
    re.ASCII,
)
_TABLES = {"dnsresponse", "dnsquerylogs", "azfwdnsquery"}
_NAMES, _TYPES = ("queryname", "queryname_s"), ("querytype", "querytype_s")
_SOURCES = ("sourceipaddress", "sourceip", "sourceip_s")


def detect(head: bytes) -> int:
    """93 for the tables' names or columns."""
    if _PROXY.search(head):
        return 93
    if not (_COLUMNS.search(head) and _SOURCE.search(head)):
        return 0
    return 93 if _TABLE.search(head) else 87 if _TIME.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record, or the records of one envelope; other categories give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    for found in unwrapped(record):
        outer = lowered(found)
        inner = lowered(parsed(outer.get("properties"))) or outer
        message = string(within(inner, ("msg", "msg_s"))) or string(within(outer, ("msg", "msg_s")))
        if message and "DNS Request: " in message:
            yield _proxied(message, outer, layout)
        elif string(within(inner, _NAMES)) and string(within(inner, _SOURCES)):
            yield _question(inner, outer, layout)
        elif _TABLES & {str(outer.get("category")).lower(), str(outer.get("type")).lower()}:
            raise Malformed("a question without its name or client")


def _when(outer: Raw, layout: Layout) -> tuple[int, str | None]:
    return moment(within(outer, ("time", "timegenerated", "timegenerated [utc]", "timestamp")), layout)


def _question(inner: Raw, outer: Raw, layout: Layout) -> Event:
    when, doubt = _when({**outer, **inner} if "time" not in outer else outer, layout)
    name, client = string(within(inner, _NAMES)), string(within(inner, _SOURCES))
    number = string(within(inner, ("queryid", "transactionid")))
    kind = record_type(within(inner, _TYPES))
    port = string(inner.get("sourceport"))
    known = f"azure dns {client}#{port} {number} {str(name).lower()} {kind} {when}"
    return Event(
        via="dns",
        time=when,
        name=name,
        query_type=kind,
        ip=client,
        host=_machine(string(inner.get("virtualmachineid"))),
        server_ip=string(inner.get("destinationipaddress")),
        server_port=integer(inner.get("destinationport")),
        duration=seconds(inner.get("requestdurationsecs")),
        ident=known if number else None,
        doubt=doubt,
    )


def _machine(resource: str | None) -> str | None:
    """The name at the end of a resource id, or the id itself when it is no path."""
    return resource.rstrip("/").rpartition("/")[2] if resource else None


def _proxied(message: str, outer: Raw, layout: Layout) -> Event:
    match = _MESSAGE.search(message)
    if not match:
        raise Malformed("a DNS proxy message, but not as Azure Firewall writes it")
    when, doubt = _when(outer, layout)
    kind = record_type(match["type"])
    return Event(
        via="dns",
        time=when,
        name=match["name"],
        query_type=kind,
        ip=address(match["from"]),
        duration=seconds(match["took"]),
        ident=f"azure dns {match['from']} {match['id']} {match['name'].lower()} {kind} {when}",
        doubt=doubt,
    )
