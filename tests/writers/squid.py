"""A name, a client and a time in; one Squid line (native or custom) out."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A CONNECT or a GET, with or without account."""
    second, user = time_us // 1_000_000, rng.choice(("-", "alice", "EXAMPLE%5Cbob"))
    if rng.random() < 0.5:
        method, url = "CONNECT", rng.choice((f"{name}:443", f"https://{name}:443"))
    else:
        method, url = "GET", f"http://{name}/search?q=example.com"
    if rng.random() < 0.6:
        line = (
            f"{second}.{time_us // 1000 % 1000:03} {rng.randrange(9000):6} {client_ip} TCP_TUNNEL/200 "
            f"{rng.randrange(99999)} {method} {url} {user} HIER_DIRECT/198.51.100.9 -"
        )
    else:
        when = datetime.fromtimestamp(second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        line = (
            f"{when} {client_ip} {client_ip} 40000 TCP_MISS/200 {rng.randrange(99999)} {method} "
            f'"{url}" {user} HIER_DIRECT/198.51.100.9 text/html "curl/8.14.1" "-"'
        )
    return f"{line}\n".encode()
