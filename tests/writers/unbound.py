"""Writes one Unbound line that asks for a name."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    when = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    stamp = f"{when:%b} {when.day:2d} {when:%H:%M:%S}"
    head = rng.choice(
        [
            f"[{time_us // 1_000_000}] unbound[917:0]",
            f"{stamp} unbound[917:1]",
            f"{stamp} ns1 unbound[917]: [917:1]",
            f"{when:%Y-%m-%dT%H:%M:%S}+00:00 ns1 unbound[917]: [917:a]",
        ]
    )
    tag, kind = rng.choice(["query", "info"]), rng.choice(["A", "AAAA", "HTTPS", "TXT"])
    return f"{head} {tag}: {client_ip} {name}. {kind} IN\n".encode()
