"""A name, a client and a time in; one Google Cloud DNS LogEntry out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A question, or an entry of another resource."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    entry = {
        "insertId": f"{rng.randrange(16**10):x}",
        "jsonPayload": {
            "queryName": name + rng.choice(("", ".")),
            "queryType": rng.choice(("A", "AAAA", "TXT")),
            "sourceIP": client_ip,
            "vmInstanceName": "111122223333.build-7",
        },
        "logName": "projects/example-project/logs/dns.googleapis.com%2Fdns_queries",
        "resource": {"type": rng.choice(("dns_query", "dns_query", "gce_instance"))},
        "timestamp": f"{when}.{time_us % 1_000_000:06}Z",
    }
    return (json.dumps(entry).replace("o", rng.choice(("o", "\\u006f")), 9) + "\n").encode()
