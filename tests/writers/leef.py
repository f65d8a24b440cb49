"""A name, a client and a time in; one LEEF line of either version out."""

from __future__ import annotations

import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A request, a question or a connection to port 43."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%b %d %Y %H:%M:%S GMT")
    rows = rng.choice(
        (
            (f"url={name}/a?q=example.com", "useragent=curl/8.14.1", f"hostname={name}", "appproto=HTTPS"),
            (f"url=https://{name}/", "proto=SSL", "dstPort=443", "srcBytes=900", "dstBytes=2000"),
            (f"query={name}.", "qtype=A", "dstPort=53"),
            ("dst=198.51.100.43", "dstPort=43", "srcBytes=60", "dstBytes=3000"),
        )
    )
    header, separator = rng.choice(
        (("LEEF:1.0|Zscaler|NSS|4.1|Allowed|", "\t"), ("LEEF:2.0|Example|Gateway|9|web|x5E|", "^"))
    )
    return f"{header}{separator.join((f'devTime={when}', f'src={client_ip}', *rows))}\n".encode()
