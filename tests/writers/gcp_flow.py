"""A client and a time in; one Google Cloud log entry of a flow out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A request or its reply."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    connection = {
        "src_ip": client_ip,
        "src_port": rng.randrange(20_000, 65_535),
        "dest_ip": "198.51.100.9",
        "dest_port": rng.choice((43, 43, 4321, 443, 53)),
        "protocol": 6,
    }
    if rng.random() < 0.3:
        connection["src_port"], connection["dest_port"] = connection["dest_port"], connection["src_port"]
    payload = {"connection": connection, "bytes_sent": "612", "packets_sent": "8", "start_time": when}
    entry = {
        "insertId": f"{rng.randrange(10**9)}",
        "jsonPayload": payload,
        "logName": "projects/example/logs/compute.googleapis.com%2Fvpc_flows",
        "timestamp": when,
    }
    return (json.dumps(entry, separators=rng.choice(((",", ":"), (", ", ": ")))) + "\n").encode()
