"""Writes one dnsmasq line that asks for a name."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    when = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    host = rng.choice(["", "router "])
    extra = rng.choice(["", f"{rng.randrange(1, 10**6)} {client_ip}/{rng.randrange(1024, 65536)} "])
    kind = rng.choice(["A", "AAAA", "HTTPS", "type=65", "TXT"])
    stamp = f"{when:%b} {when.day:2d} {when:%H:%M:%S}"
    return f"{stamp} {host}dnsmasq[432]: {extra}query[{kind}] {name} from {client_ip}\n".encode()
