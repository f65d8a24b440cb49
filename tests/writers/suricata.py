"""A name, a client and a time in; one Suricata EVE document (dns, http, tls, flow) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """Question or answer in any dns version, a request, a hello, or a flow to port 43."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    stamp = f"{when}.{time_us % 1_000_000:06}+0000"
    number = rng.randrange(65536)
    kind, part = rng.choice(
        (
            ("dns", {"type": "query", "id": number, "rrname": name, "rrtype": "A", "tx_id": 0}),
            (
                "dns",
                {"version": 2, "type": "answer", "id": number, "rrname": name, "rrtype": "A", "answers": []},
            ),
            ("dns", {"version": 3, "type": "request", "queries": [{"rrname": name, "rrtype": "AAAA"}]}),
            ("tls", {"sni": name, "version": "TLS 1.3"}),
            ("quic", {"sni": name}),
            ("http", {"hostname": name, "url": "/?q=example.com", "http_method": "GET"}),
            ("http", {"hostname": name, "url": f"{name}:443", "http_method": "CONNECT"}),
            ("flow", {"pkts_toserver": 6, "bytes_toserver": 300, "start": stamp, "end": stamp}),
            ("netflow", {"pkts": 6, "bytes": 300, "start": stamp, "end": stamp}),
        )
    )
    document = {
        "timestamp": stamp,
        "flow_id": rng.randrange(10**15),
        "event_type": kind,
        "src_ip": client_ip,
        "src_port": rng.randrange(1024, 65535),
        "dest_ip": "198.51.100.9",
        "dest_port": {"dns": 53, "flow": 43, "netflow": 43}.get(kind, 443),
        "proto": "TCP",
        kind: part,
    }
    return (json.dumps(document).replace("s", rng.choice(("s", "\\u0073")), 9) + "\n").encode()
