"""The nouns of one exchange: who talks to whom with what; and the mark an act leaves on the records of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from glasshouse.proof.estate import Machine
from glasshouse.proof.seen import Program

FIRST_OUT, FIRST_IN = 2190, 2330  # bytes of a TLS handshake and the end of the connection, with IP headers


@dataclass(frozen=True, slots=True)
class Sent:
    """One request and its answer; ``database`` is the open database that the whole URL names."""

    path: str
    agent: str = ""
    method: str = "GET"
    out: int = 410
    into: int = 640
    ms: int = 300
    status: int = 200
    database: str = ""
    mime: str = "application/json"


@dataclass(slots=True)
class Exchange:
    """One TCP connection; ``database`` is the one that its name alone gives away."""

    time: int
    machine: Machine
    program: Program
    name: str
    port: int = 443
    scheme: str = "tls"  # tls, http, sql or whois
    database: str = ""
    sent: list[Sent] = field(default_factory=list)
    length: int = 0  # microseconds


@dataclass(slots=True)
class Mark:
    """What the records of one act show: whom, and how many of each kind name a database."""

    users: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    ips: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    first: int = 0
    last: int = 0

    def count(self, kind: str, time: int, names: int = 1) -> None:
        """Some records of a kind, of which so many name a database."""
        self.first = min(self.first or time, time)
        self.last = max(self.last, time)
        if names:
            self.seen[kind] = self.seen.get(kind, 0) + names


@dataclass(slots=True)
class Memory:
    """What machines remember while a part of the corpus is made: names resolved, connections told."""

    rng: random.Random
    names: dict[str, int] = field(default_factory=dict)
    told: set[tuple[str, int, str, int]] = field(default_factory=set)
    serial: int = 0

    def next(self) -> int:
        """A record number."""
        self.serial += 1
        return self.serial

    def knows(self, who: str, name: str, time: int, life: int) -> bool:
        """Whether a cache still holds a name; it is remembered for its time to live from now on."""
        key = f"{who} {name}"
        if self.names.get(key, 0) > time:
            return True
        self.names[key] = time + life
        return False
