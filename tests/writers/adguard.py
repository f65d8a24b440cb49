"""A name, a client and a time in; one line of AdGuard Home's querylog.json out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A question in plain DNS or DNS over HTTPS."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    line = {
        "T": f"{when}.{time_us % 1_000_000:06}123Z",
        "QH": name,
        "QT": rng.choice(("A", "AAAA", "HTTPS")),
        "QC": "IN",
        "CP": rng.choice(("", "doh", "dot")),
        "IP": client_ip,
        "Result": {},
        "Elapsed": rng.randrange(10**7),
    }
    return (json.dumps(line).replace("i", rng.choice(("i", "\\u0069")), 9) + "\n").encode()
