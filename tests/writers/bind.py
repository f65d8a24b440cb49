"""Writes one BIND or Infoblox line that asks for a name."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    when = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    milli = f"{when.microsecond // 1000:03d}"
    local = f"{when:%d-%b-%Y %H:%M:%S}.{milli}"
    head = rng.choice(
        [
            f"{local} ",
            f"{local} queries: info: ",
            f"{when:%Y-%m-%dT%H:%M:%S}.{milli}Z queries: info: ",
            f"{when:%Y-%m-%dT%H:%M:%S}.{milli} queries: info: ",
            f"{when:%b} {when.day:2d} {when:%H:%M:%S} ns1 named[811]: ",
            f"<30>{when:%b} {when.day:2d} {when:%H:%M:%S} ns1 named[811]: {local} queries: info: ",
            f"{when:%Y-%m-%dT%H:%M:%S}.{milli}000+00:00 ns1 named[811]: queries: info: ",
        ]
    )
    port, kind = rng.randrange(1024, 65536), rng.choice(["A", "AAAA", "HTTPS", "TXT"])
    client = f"client @0x{rng.randrange(2**47):x} {client_ip}#{port}"
    tail = rng.choice(
        [
            f"{client} ({name}): query: {name} IN {kind} + (192.0.2.53)",
            f"{client} ({name}): view inside: query: {name} IN {kind} +E(0)K (192.0.2.53)",
            f"client {client_ip}#{port}: UDP: query: {name} IN {kind} response: NOERROR + "
            f"{name}. 60 IN A 192.0.2.9;",
        ]
    )
    return f"{head}{tail}\n".encode()
