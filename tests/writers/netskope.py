"""A name, a client and a time in; one Netskope transaction row out, under a header that names its columns."""

from __future__ import annotations

import random
from datetime import UTC, datetime

HEADER = (
    b"#Version: 1.0\n#Fields: date time time-taken cs-bytes sc-bytes c-ip s-ip cs-username cs-method "
    b"cs-uri-scheme cs-uri-query cs-user-agent sc-status cs-host cs-uri cs-uri-port x-cs-access-method "
    b"x-cs-timestamp x-cs-userip x-transaction-id x-request-id x-cs-sni\n"
)


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A request that was looked into, or a connection that was let pass."""
    second, number = time_us // 1_000_000, rng.randrange(10**9)
    when = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")
    asked = rng.choice(
        (
            f'GET https "q=example.com" "curl/8.14.1" 200 {name} / 443 Client {second} {client_ip}',
            f'GET http - "odd ""agent""" 404 {name} /a 80 Client - {client_ip}',
            f"- - - - - - - 443 Client {second} {client_ip}",
        )
    )
    start = f"{when} 589 1093 18177 203.0.113.9 198.51.100.20 alice@example.com"
    return f"{start} {asked} {number} 1 {name}\n".encode()
