"""A name, a client and a time in; one ECS document (dns, http, tls, process, flow) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """Nested or dotted keys, now and then with escaped letters."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fields: dict[str, Any] = {
        "@timestamp": f"{when}.{time_us // 1000 % 1000:03}Z",
        "ecs.version": "8.11.0",
        "source.ip": client_ip,
        "source.port": rng.randrange(1024, 65535),
        "network.community_id": f"1:{rng.randrange(10**12)}=",
        "destination.ip": "198.51.100.9",
    }
    fields |= rng.choice(
        (
            {"dns.question.name": name, "dns.question.type": "A", "dns.id": rng.randrange(65536)},
            {"tls.client.server_name": name, "destination.port": 443},
            {"url.full": f"https://{name}/?q=example.com", "http.request.method": "GET"},
            {"url.original": f"{name}:443", "http.request.method": "CONNECT"},
            {"event.category": ["network"], "destination.port": 43, "source.bytes": 300},
            {
                "event.category": ["process"],
                "event.type": ["start"],
                "process.executable": "/usr/bin/curl",
                "process.command_line": f"curl https://{name}/?q=example.com",
            },
        )
    )
    document = fields if rng.random() < 0.5 else nested(fields)
    return (json.dumps(document).replace("o", rng.choice(("o", "\\u006F")), 30) + "\n").encode()


def nested(fields: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in fields.items():
        here, *rest = path.split(".")
        branch = tree
        for part in rest:
            branch = branch.setdefault(here, {})
            here = part
        branch[here] = value
    return tree
