"""Azure NSG and virtual network flow logs: one nested JSON record in, an Event for each flow tuple out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import MICRO, Layout, integer, json_object, string
from glasshouse.watch.parse_flow import Flow, ident, protocol, requests

TITLE = "Azure flow logs (network security group and virtual network)"
FORMATS = (
    "network security group flow logs, version 1 and 2: properties.flows[].flows[].flowTuples",
    "virtual network flow logs, version 4: flowRecords.flows[].flowGroups[].flowTuples",
    'many records under "records", one a line, or split further with tuples as "flow.0"',
)
CUT = "json"
NEEDLES = (rb"\d,(43|4321|5432),",)
SPELLINGS = ("json",)
LINKED = False
SEES = ("flow",)
BLIND = (
    "A flow tuple holds addresses and ports, no names: a service behind port 443 cannot be told.",
    "Version 1 of the network security group log counts neither bytes nor packets.",
)

# https://learn.microsoft.com/en-us/azure/network-watcher/nsg-flow-logs-overview
# https://learn.microsoft.com/en-us/azure/network-watcher/vnet-flow-logs-overview
_SIGN = re.compile(rb'"(?:NetworkSecurityGroupFlowEvents?|FlowLogFlowEvent)"|"flowTuples"\s*:')
_DEPTH = 12
_LEAST = 8  # parts of a tuple of version 1
_SHORT = {"T": "6", "U": "17"}
_HOUR = 3600 * MICRO
_MILLISECONDS_FROM = 10**11  # the network security group log counts seconds, the other milliseconds


def detect(head: bytes) -> int:
    """94 for JSON that holds flow tuples or names one of the two logs."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return 94 if start[:1] in (b"{", b"[") and _SIGN.search(start) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """All tuples of one record that can be read; then Malformed if some could not."""
    if not record.strip(b" \t\r\n,[]"):
        return
    reasons: list[str] = []
    tuples = list(_tuples(json_object(record), _DEPTH))
    for said in tuples:
        try:
            yield from _flow(said)
        except Malformed as reason:
            reasons.append(str(reason))
    if reasons:
        raise Malformed(f"{len(reasons)} of {len(tuples)} flow tuples: {reasons[0]}")


def _tuples(found: object, depth: int) -> Iterator[str]:
    """The texts under "flowTuples", however deep, and under "flow.0" ... of a record taken apart."""
    if depth == 0:
        return
    if isinstance(found, list):
        for each in found:
            yield from _tuples(each, depth - 1)
    elif isinstance(found, dict):
        for name, value in found.items():
            if name == "flowTuples" and isinstance(value, list):
                yield from (str(each) for each in value)
            elif name.startswith("flow.") and isinstance(value, str):
                yield value
            else:
                yield from _tuples(value, depth - 1)


def _flow(said: str) -> Iterator[Event]:
    """time,source,server,ports,protocol,direction, then decision and state, or state and encryption; sizes.

    B begins a flow and counts nothing yet; C goes on, E ends it: all of one flow and hour share an ident.
    """
    parts = [part.strip() for part in said.split(",")]
    if len(parts) < _LEAST:
        raise Malformed(f"{len(parts)} parts, not {_LEAST} or more")
    when = _time(parts[0])
    ports = integer(parts[3]), integer(parts[4])
    if not (string(parts[1]) and string(parts[2])) or None in ports:
        raise Malformed("no addresses or ports")
    by_group = parts[5] in _SHORT
    carried = protocol(_SHORT.get(parts[5], parts[5]))
    state = parts[8] if by_group and len(parts) > _LEAST else parts[7]
    sizes: list[Any] = [integer(part) for part in parts[9:13]]
    packets, size, _packets_in, size_in = (*sizes, None, None, None, None)[:4]
    begun = state == "B"
    yield from requests(
        Flow(
            time=when,
            ip=parts[1],
            port=ports[0],
            server_ip=parts[2],
            server_port=ports[1],
            protocol=carried,
            bytes_out=0 if begun and size is None else size,
            bytes_in=size_in,
            packets_out=0 if begun and packets is None else packets,
            ident=ident(*parts[1:3], *ports, carried, when // _HOUR),
            refused=parts[7] == "D",
        ),
        one_way=False,
    )


def _time(said: str) -> int:
    number = integer(said)
    if number is None:
        raise Malformed("time is not a number since 1970")
    return number * 1000 if number >= _MILLISECONDS_FROM else number * MICRO
