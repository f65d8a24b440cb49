"""A name, a client and a time in; one Infoblox question or response, captured or behind syslog, out."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A line of the capture file or of syslog, in the new or the old form."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    captured = f"{when:%d-%b-%Y %H:%M:%S}.{time_us // 1000 % 1000:03}"
    sent = f"<30>{when:%b} {when.day:2d} {when:%H:%M:%S} 192.0.2.53 named[9720]: "
    head = rng.choice((f"{captured} ", f"{sent}infoblox-responses: {captured} ", sent))
    colon, kind = rng.choice((":", "")), rng.choice(("A", "AAAA", "PTR"))
    client = f"client {client_ip}#{rng.randrange(1024, 65536)}"
    tail = rng.choice(
        (
            f"{client}{colon} UDP: query: {name} IN {kind} response: NOERROR +A {name}. 9 IN A 192.0.2.9;",
            f"{client}: view 2: TCP: query: {name} IN {kind} response: NXDOMAIN +",
            f"{client} ({name}): query: {name} IN {kind} + (192.0.2.53)",
        )
    )
    return f"{head}{tail}\n".encode()
