"""A name, a client and a time in; one Route 53 Resolver record, bare or inside CloudWatch's, out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A question, with or without trailing dot, instance and envelope."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = {
        "version": "1.100000",
        "vpc_id": "vpc-0a1b2c3d",
        "query_timestamp": when,
        "query_name": name + rng.choice(("", ".")),
        "query_type": rng.choice(("A", "AAAA", "HTTPS")),
        "rcode": "NOERROR",
        "srcaddr": client_ip,
        "srcids": rng.choice(({}, {"instance": "i-0aa11bb22cc33dd44"})),
    }
    document = rng.choice((record, {"message": json.dumps(record), "timestamp": time_us // 1000}))
    return (json.dumps(document).replace("s", rng.choice(("s", "\\u0073")), 5) + "\n").encode()
