"""What a sensor saw of one exchange, frozen and slotted: a site gives these, a writer makes lines of them.

Times are microseconds since 1970, sizes bytes with IP headers, durations microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Question:
    """A question that a resolver was asked."""

    time: int
    ip: str
    name: str
    qtype: str


@dataclass(slots=True)
class Wire:
    """One TCP connection as a sensor at the edge sees it; ``uid`` joins what is said of it."""

    time: int
    uid: str
    ip: str
    port: int
    server_ip: str
    server_port: int
    bytes_out: int = 0
    bytes_in: int = 0
    packets_out: int = 0
    packets_in: int = 0
    duration: int = 0
    state: str = "SF"
    service: str = "-"
    name: str = "-"  # of the TLS hello


@dataclass(slots=True)
class Fetch:
    """One plain HTTP request as a sensor at the edge sees it."""

    time: int
    wire: Wire
    depth: int
    method: str
    host: str
    uri: str
    agent: str
    status: int
    bytes_in: int


@dataclass(slots=True)
class Relay:
    """One request as a proxy logs it; ``time`` is the end, ``took`` the milliseconds before."""

    time: int
    took: int
    ip: str
    user: str
    method: str
    url: str
    status: str  # "TCP_TUNNEL/200"
    size: int
    peer: str
    agent: str
    mime: str = "-"


@dataclass(frozen=True, slots=True)
class Program:
    """A running program on one machine; ``born`` is when it started."""

    image: str
    command: str
    parent: str
    parent_command: str
    pid: int
    born: int
    user: str


@dataclass(slots=True)
class Started:
    """A program that started, as an agent on its machine sees it."""

    time: int
    host: str
    program: Program
    serial: int


@dataclass(slots=True)
class Joined:
    """A connection, as an agent on the machine sees it; behind a proxy the address is the proxy's."""

    time: int
    host: str
    program: Program
    ip: str
    port: int
    server_ip: str
    server_port: int
    name: str
    serial: int


@dataclass(slots=True)
class Resolved:
    """A name that a program asked its own machine for."""

    time: int
    host: str
    program: Program
    name: str
    serial: int


Fact = Question | Wire | Fetch | Relay | Started | Joined | Resolved
