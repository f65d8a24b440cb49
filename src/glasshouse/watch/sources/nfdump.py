"""NetFlow and IPFIX as nfdump and decoders write them (text, CSV, JSON): one record in, flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, epoch, integer, iso, json_object, seconds, string, text
from glasshouse.watch.parse_flow import Flow, ident, protocol, requests

TITLE = "NetFlow and IPFIX (nfdump and JSON decoders)"
FORMATS = (
    "nfdump -o csv: 1.6 (48 columns and a summary) and 1.7 (10 columns), or other columns with a header line",
    "nfdump -o line, long, extended and biline",
    "nfdump -o json and ndjson, 1.6 and 1.7",
    "JSON of decoders: IPFIX element names, NetFlow v5/v9 field names, logstash, goflow2, pmacct",
)
CUT = "json"
NEEDLES = (
    rb"(srcAddr|dstAddr|,[sd]a),",  # header lines
    rb'(?:^|[\n,])"?(43|4321|5432)\b',
    rb"[:.](43|4321|5432)[ \t]",
    rb'port(_dst)?"\s*:\s*"?(43|4321|5432)\b',
)
SPELLINGS = ("json",)
LINKED = False
SEES = ("flow",)
BLIND = (
    "A flow record holds addresses and ports, no names: a service behind port 443 cannot be told.",
    "Flows run one way: which side began a connection is told by the ports only.",
    "nfdump writes local time without zone; NetFlow times rest on the router's clock, maybe months off.",
    "Where the exporter samples packets, short connections may be missing.",
)

# https://github.com/phaag/nfdump (nfdump.1, "output formats") ; IPFIX names: IANA ipfix registry, RFC 7012
_SHORT = "firstseen duration proto srcaddr srcport dstaddr dstport packets bytes flows"  # nfdump 1.7
_LONG = (  # nfdump 1.6
    "ts te td sa da sp dp pr flg fwd stos ipkt ibyt opkt obyt in out sas das smk dmk dtos dir nh nhb svln "
    "dvln ismc odmc idmc osmc mpls1 mpls2 mpls3 mpls4 mpls5 mpls6 mpls7 mpls8 mpls9 mpls10 "
    "cl sl al ra eng exid tr"
)
_NAMES: dict[str, tuple[str, ...]] = {  # what each fact is called, in lower case
    "source": (
        *("srcaddr", "sa", "src4_addr", "src6_addr", "sourceipv4address", "sourceipv6address"),
        *("ipv4_src_addr", "ipv6_src_addr", "src_addr", "ip_src"),
    ),
    "server": (
        *("dstaddr", "da", "dst4_addr", "dst6_addr", "destinationipv4address", "destinationipv6address"),
        *("ipv4_dst_addr", "ipv6_dst_addr", "dst_addr", "ip_dst"),
    ),
    "port": ("srcport", "sp", "src_port", "sourcetransportport", "l4_src_port", "port_src"),
    "server_port": ("dstport", "dp", "dst_port", "destinationtransportport", "l4_dst_port", "port_dst"),
    "protocol": ("proto", "pr", "protocolidentifier", "prot", "protocol", "ip_proto"),
    "began": ("firstseen", "ts", "first", "t_first", "timestamp_start", "flowstartmilliseconds"),
    "began_seconds": ("flowstartseconds", "time_flow_start", "unix_secs"),
    "began_ns": ("time_flow_start_ns", "flowstartnanoseconds"),
    "arrived": ("@timestamp", "timestamp", "received", "t_received"),
    "ended": ("lastseen", "te", "last", "t_last", "timestamp_end", "flowendmilliseconds"),
    "duration": ("duration", "td"),
    "began_uptime": ("flowstartsysuptime", "first_switched"),
    "ended_uptime": ("flowendsysuptime", "last_switched"),
    "bytes_out": ("bytes", "ibyt", "in_bytes", "octetdeltacount", "in_octets", "octettotalcount"),
    "packets_out": ("packets", "ipkt", "in_packets", "packetdeltacount", "in_pkts", "packettotalcount"),
    "bytes_in": ("obyt", "out_bytes", "postoctetdeltacount"),
}
_TEXT = re.compile(
    r"(?P<began>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)\s+(?P<duration>(?:\d+:\d\d:\d\d|\d+)(?:\.\d+)?)\s+"
    r"(?P<protocol>[\w-]+)\s+(?P<source>\S+[:.]\S+)\s+(?P<way><?->)\s+(?P<server>\S+[:.]\S+)\s+(?P<rest>.*)$",
    re.ASCII,
)
_COUNT = re.compile(r"(\d+(?:\.\d+)?)(?: ([KMGT])\b)?", re.ASCII)
_FLAGS = re.compile(r"[.\dA-Z]*[.A-Z][.\dA-Z]*\s+(?:0x)?\w+\s+", re.ASCII)
_SUMS = re.compile(r"\d+(?:,\d+){5}$", re.ASCII)  # below the summary of 1.6: six numbers
_SCALE = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)$", re.ASCII)
_AROUND = ("Summary", "Time window", "Total ", "Sys: ", "Date first seen", "flows,bytes", "Top ", "No match")
_JSON_SIGN = re.compile(
    rb'"src[46]_addr"\s*:|"source(?:IPv[46]Address|TransportPort)"\s*:|"(?:IPV[46]_SRC_ADDR|L4_SRC_PORT)"\s*:'
    rb'|"ipv[46]_src_addr"\s*:|"time_flow_start(?:_ns)?"\s*:|"ip_src"\s*:\s*"',
)
Raw = Mapping[str, Any]


def detect(head: bytes) -> int:
    """93 for a header line of nfdump, 90 for its lines without one, 88 for JSON of flow records."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return 88 if _JSON_SIGN.search(start) else 0
    first = text(start.split(b"\n", 1)[0]).strip()
    if first.startswith(("Date first seen ", "ts,te,td,sa,da,", "firstSeen,")):
        return 93
    return 93 if ",srcAddr," in first and ",dstAddr," in first else 90 if _TEXT.match(first) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One record: headers change the layout, summaries give nothing, a flow towards a service one Event."""
    body = record.strip(b" \t\r\n\0,[]\xef\xbb\xbf")
    if body.startswith(b"{"):
        yield from _document(json_object(record), layout)
        return
    line = text(body)
    if not line or line.startswith(_AROUND) or _SUMS.match(line):
        return
    found = _TEXT.match(line)
    fields = _from_text(found) if found else _from_csv(line, layout)
    if fields:
        yield from _flow(fields, layout)


def _document(found: dict[str, Any], layout: Layout) -> Iterator[Event]:
    inner = found.get("netflow")
    if isinstance(inner, dict):
        found = {**found, **inner}
    said = {name.lower(): value for name, value in found.items()}
    if said.get("type") == "EVENT" or not said.keys() & {*_NAMES["source"], *_NAMES["server"]}:
        return
    if said.get("type") != "FLOW":  # with nfdump "out" is the way back, in NetFlow v9 what left the router
        said.pop("out_bytes", None)
    yield from _flow(_renamed(said), layout)


def _from_csv(line: str, layout: Layout) -> Raw:
    words = [word.strip().strip('"') for word in line.split(",")]
    names = tuple(word.lower() for word in words)
    if {"srcaddr", "sa"} & set(names):
        layout.fields = names
        return {}
    fields = layout.fields or _usual(words)
    if len(words) != len(fields):
        raise Malformed(f"{len(words)} columns, the header names {len(fields)}")
    return _renamed(dict(zip(fields, words, strict=True)))


def _usual(words: list[str]) -> tuple[str, ...]:
    for names in (_SHORT.split(), _LONG.split()):
        if len(words) == len(names):
            return tuple(names)
    raise Malformed("columns that no header line names")


def _renamed(said: Raw) -> Raw:
    return {
        fact: next((said[name] for name in names if said.get(name) not in (None, "")), None)
        for fact, names in _NAMES.items()
    }


def _from_text(found: re.Match[str]) -> Raw:
    """Flags and tos, packets, bytes ...; with a two-way arrow out and in packets, out and in bytes."""
    counts = [
        int(float(number) * _SCALE[unit]) for number, unit in _COUNT.findall(_FLAGS.sub("", found["rest"], 1))
    ]
    packets, size, size_in = (*(*counts, None, None)[:2], None)
    if found["way"] == "<->" and len(counts) > 3:  # "out" is the way back
        packets, size, size_in = counts[1], counts[3], counts[2]
    source, server = _end(found["source"]), _end(found["server"])
    return {
        **found.groupdict(),
        "source": source[0],
        "port": source[1],
        "server": server[0],
        "server_port": server[1],
        "packets_out": packets,
        "bytes_out": size,
        "bytes_in": size_in,
    }


def _end(said: str) -> tuple[str, str]:
    """Address and port: 192.0.2.1:43, 192.0.2.1:8.0 (ICMP type and code), 2001:db8::1.43."""
    address, _, port = said.rpartition(":" if said.count(":") < 2 else ".")
    if ".." in address:
        raise Malformed("an IPv6 address shortened by nfdump: export with -6")
    return address, port


def _flow(said: Raw, layout: Layout) -> Iterator[Event]:
    source, server = string(said.get("source")), string(said.get("server"))
    if source is None or server is None:
        raise Malformed("no source or destination address")
    when, doubt = _began(said, layout)
    ports = integer(said.get("port")), integer(said.get("server_port"))
    carried = protocol(said.get("protocol"))
    yield from requests(
        Flow(
            time=when,
            ip=source,
            port=ports[0],
            server_ip=server,
            server_port=ports[1],
            protocol=carried,
            bytes_out=integer(said.get("bytes_out")),
            bytes_in=integer(said.get("bytes_in")) or None,
            packets_out=integer(said.get("packets_out")),
            duration=_duration(said, when, layout),
            ident=ident(source, ports[0], server, ports[1], carried, when) if when is not None else None,
            doubt=doubt,
        )
    )


def _began(said: Raw, layout: Layout) -> tuple[int | None, str | None]:
    """When it began; times relative to a router's start say nothing, then there is none."""
    if said.get("began_ns"):
        return (integer(said["began_ns"]) or 0) // 1000, None
    if said.get("began_seconds"):
        return epoch(said["began_seconds"]), None
    if said.get("began"):
        return _moment(said["began"], layout)
    if said.get("arrived"):
        when, _doubt = _moment(said["arrived"], layout)
        return when, "time at which the record arrived"
    return None, None


def _moment(value: object, layout: Layout) -> tuple[int, str | None]:
    """ISO 8601, seconds or milliseconds since 1970."""
    number = integer(value)
    if number is None:
        return iso(str(value), layout)
    return (number * 1000 if number >= 10**11 else epoch(value)), None


def _duration(said: Raw, when: int | None, layout: Layout) -> int | None:
    """Seconds, "hh:mm:ss.mmm", or the time between the first and the last packet."""
    value = said.get("duration")
    if value is not None:
        clock = _CLOCK.match(str(value))
        if clock is None:
            return seconds(value)
        return (int(clock[1]) * 3600 + int(clock[2]) * 60) * MICRO + (seconds(clock[3]) or 0)
    if said.get("ended") and said.get("began") and when is not None:
        return max(_moment(said["ended"], layout)[0] - when, 0)
    uptimes = integer(said.get("began_uptime")), integer(said.get("ended_uptime"))
    if uptimes[0] is None or uptimes[1] is None:
        return None
    return max(uptimes[1] - uptimes[0], 0) * 1000
