"""A name, a client and a time in; one Cloudflare Logpush record (Gateway DNS, HTTP, network; DNS log) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """One of the datasets, its time as text or in nanoseconds."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said: Any = rng.choice((when, time_us * 1000, time_us // 1_000_000))
    session = f"{rng.randrange(16**16):016x}"
    record = rng.choice(
        (
            {"Datetime": said, "QueryName": name, "ResolverDecision": "", "SrcIP": client_ip},
            {"Timestamp": said, "QueryName": f"{name}.", "QueryType": 28, "SourceIP": client_ip},
            {
                "Datetime": said, "HTTPHost": name, "HTTPMethod": "GET", "URL": f"https://{name}/?q=example.com",
                "SourceIP": client_ip, "RequestID": session, "UserAgent": "curl/8.14.1",
            },
            {
                "Datetime": said, "SNI": name, "SessionID": session, "SourceIP": client_ip, "OverrideIP": "",
                "DestinationIP": "203.0.113.9", "DestinationPort": rng.choice((43, 443)),
            },
        )
    )  # fmt: skip
    return (json.dumps(record).replace("t", rng.choice(("t", "\\u0074")), 9) + "\n").encode()
