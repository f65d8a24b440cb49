"""A name, a client and a time in; one OCSF event (DNS, HTTP, network, process activity) out."""

from __future__ import annotations

import json
import random
from typing import Any


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """Bare or inside a wrapper, now and then with escaped letters."""
    number, part = rng.choice(
        (
            (4003, {"query": {"hostname": name, "type": "A", "packet_uid": rng.randrange(65536)}}),
            (4002, {"http_request": {"http_method": "GET", "url": {"url_string": f"https://{name}/?q=a"}}}),
            (4002, {"http_request": {"http_method": "CONNECT", "url": {"hostname": name, "port": 443}}}),
            (4001, {"tls": {"sni": name}, "dst_endpoint": {"ip": "198.51.100.9", "port": 443}}),
            (4001, {"dst_endpoint": {"ip": "198.51.100.9", "port": rng.choice((43, "43", 80))}}),
            (1007, {"process": {"cmd_line": f"curl https://{name}/", "file": {"path": "/usr/bin/curl"}}}),
        )
    )
    event: dict[str, Any] = {
        "class_uid": number,
        "category_uid": number // 1000,
        "activity_id": 1,
        "severity_id": 1,
        "time": time_us // 1000,
        "src_endpoint": {"ip": client_ip, "port": rng.randrange(1024, 65535)},
    } | part
    document = event if rng.random() < 0.7 else {"received": 1, "event": event}
    return (json.dumps(document).replace("e", rng.choice(("e", "\\u0065")), 40) + "\n").encode()
