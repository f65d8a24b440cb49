"""A name, a client and a time in; one common or combined line of a proxy or web server out."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A CONNECT, a GET through the proxy, or a request that came in and only mentions the name."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    request = rng.choice(
        (f"CONNECT {name}:443", f"GET http://{name}/search?q=example.com", f"GET /search?q={name}")
    )
    line = (
        f'{client_ip} - {rng.choice(("-", "alice"))} [{when}] "{request} HTTP/1.1" 200 {rng.randrange(9999)}'
    )
    tail = rng.choice(
        ("", " TCP_TUNNEL:HIER_DIRECT", f' "https://{name}/" "curl/8.14.1"', ' "-" "-" TCP_MISS:HIER_DIRECT')
    )
    return f"{line}{tail}\n".encode()
