"""A name, a client and a time in; one W3C row (or the same as JSON) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

HEADER = (
    b"#Software: SGOS 7.4\n#Version: 1.0\n#Date: 2026-09-20 00:00:00\n"
    b"#Fields: date time time-taken c-ip cs-username cs-method cs-uri-scheme cs-host cs-uri-port cs-uri-path "
    b"cs-uri-query cs(User-Agent) cs(Referer) sc-status s-action sc-bytes cs-bytes\n"
)


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A tunnel, a plain request, or one that has the name as its referrer only."""
    date, clock = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S").split()
    agent = rng.choice(('"Mozilla/5.0 (X11; Linux x86_64)"', "-", "curl/8.14.1"))
    method, scheme, host, path = rng.choice(
        (
            ("CONNECT", "tcp", name, "-"),
            ("GET", "https", name, "/search"),
            ("GET", "http", "www.example.com", "/"),
        )
    )
    if rng.random() < 0.3:
        row = {"date": date, "time": clock, "c-ip": client_ip, "cs-host": host, "cs-method": method}
        row |= {"cs-uri-scheme": scheme, "cs(referer)": f"https://{name}/"}
        return (json.dumps(row).replace("h", rng.choice(("h", "\\u0068")), 9) + "\n").encode()
    line = (
        f"{date} {clock} {rng.randrange(900)} {client_ip} alice {method} {scheme} {host} 443 {path} - "
        f"{agent} https://{name}/ 200 TCP_MISS {rng.randrange(9999)} {rng.randrange(999)}"
    )
    return f"{line}\n".encode()
