"""A name, a client and a time in; one CoreDNS line, bare or as a container's log holds it, out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A question in the common or combined format, in one of its wrappings."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    stamp = f"{when}.{time_us % 1_000_000:06}Z"
    said = (
        f"[INFO] {client_ip}:{rng.randrange(1024, 65536)} - {rng.randrange(65536)} "
        f'"{rng.choice(("A", "AAAA"))} IN {name}. udp 43 false 512" NOERROR qr,rd,ra 136 0.000102078s'
        + rng.choice(("", ' "0"'))
    )
    line = rng.choice(
        (
            said,
            f"{stamp} {said}",
            f"{stamp} stdout F {said}",
            json.dumps({"log": f"{said}\n", "stream": "stdout", "time": stamp}),
            f"Nov 20 08:14:10 ns1 coredns[811]: {said}",
        )
    )
    return f"{line}\n".encode()
