"""Toolbox of the flow logs: addresses, ports and sizes of one flow record in, an Event or nothing out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from glasshouse.records import Event
from glasshouse.watch.parse import integer, string

PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmp6": 58, "ipv6-icmp": 58, "sctp": 132, "gre": 47, "esp": 50}
_WITH_PORTS = (6, 17, 33, 132, 136)  # TCP, UDP, DCCP, SCTP, UDP-Lite: IANA protocol numbers
# Ports above 1023 that servers listen on; by them the side that answered is known.
_REGISTERED = frozenset(
    (1080, 1194, 1433, 1521, 3128, 3306, 3389, 4321, 5353, 5432, 5900, 5985, 5986, 6379, 6881, 8000, 8008)
) | frozenset((8080, 8081, 8088, 8443, 8888, 9000, 9042, 9090, 9092, 9200, 9443, 11211, 27017))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One direction of one connection, or a whole one with ``bytes_in``.

    Times and durations are microseconds, bytes are counted with IP headers. A refused flow was stopped on the
    way: what it tried to send reached nobody.
    """

    time: int | None
    ip: str | None
    port: int | None
    server_ip: str | None
    server_port: int | None
    protocol: int | None = None
    bytes_out: int | None = None
    bytes_in: int | None = None
    packets_out: int | None = None
    duration: int | None = None
    ident: str | None = None
    host: str | None = None
    doubt: str | None = None
    refused: bool = False


def protocol(said: object) -> int | None:
    """A protocol by number or name ("6", 6.0, "TCP"); None for names that are not known here."""
    number = integer(said)
    return PROTOCOLS.get(str(said).strip().lower()) if number is None else number


def is_reply(port: int | None, server_port: int | None) -> bool:
    """Whether a one-way record runs from a server to its client, told by the two ports."""
    return _rank(port) < _rank(server_port)


def _rank(port: int | None) -> int:
    if not port:
        return 2
    return 0 if port < 1024 else 1 if port in _REGISTERED else 2


def requests(flow: Flow, one_way: bool = True) -> list[Event]:
    """The Event of a flow; none for the way back of a connection, which is a record of its own.

    A record that counts both ways is turned round where the server stands first.
    """
    ported = flow.protocol is None or flow.protocol in _WITH_PORTS
    if one_way and ported and is_reply(flow.port, flow.server_port):
        if not flow.bytes_in:
            return []
        flow = _turned(flow)
    return [
        Event(
            via="flow",
            time=flow.time,
            ip=string(flow.ip),
            host=flow.host,
            server_ip=string(flow.server_ip),
            server_port=flow.server_port if ported else None,
            bytes_out=0 if flow.refused else flow.bytes_out,
            bytes_in=flow.bytes_in,
            packets_out=0 if flow.refused else flow.packets_out,
            duration=flow.duration,
            ident=flow.ident,
            doubt=flow.doubt,
        )
    ]


def _turned(flow: Flow) -> Flow:
    return replace(
        flow,
        ip=flow.server_ip,
        port=flow.server_port,
        server_ip=flow.ip,
        server_port=flow.port,
        bytes_out=flow.bytes_in,
        bytes_in=flow.bytes_out,
        packets_out=None,
        host=None,
    )


def ident(*parts: object) -> str:
    """What names one flow: exporter, addresses, ports, protocol and start, whatever is given."""
    return "flow " + " ".join(str(part) for part in parts)
