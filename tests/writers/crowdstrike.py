"""A name, a client and a time in; one event of CrowdStrike Falcon out."""

from __future__ import annotations

import json
import random
from typing import Any


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A process, question, connection or request, and some kinds that are not read."""
    number = str(rng.randrange(10**11, 10**12))
    kinds: list[dict[str, Any]] = [
        {
            "event_simpleName": rng.choice(("ProcessRollup2", "EndOfProcess")),
            "TargetProcessId": number,
            "ImageFileName": "/usr/bin/curl",
            "CommandLine": rng.choice((f"curl https://{name}/x", "subfinder -d example.com", "ls")),
        },
        {
            "event_simpleName": "DnsRequest",
            "DomainName": name,
            "RequestType": "1",
            "ContextProcessId": number,
        },
        {
            "event_simpleName": "NetworkConnectIP4",
            "LocalAddressIP4": client_ip,
            "LocalPort": "50000",
            "RemoteAddressIP4": "198.51.100.9",
            "RemotePort": rng.choice(("43", "443", "4321")),
            "ConnectionDirection": rng.choice(("0", "0", "1")),
            "OriginatingURL": rng.choice(("", name, f"https://{name}/x?q=example.com")),
            "ContextProcessId": number,
        },
        {"event_simpleName": "HttpRequest", "HttpHost": name, "HttpPath": "/a", "HttpMethod": "1"},
    ]
    event = rng.choice(kinds)
    event |= {"aid": f"{rng.randrange(3):032x}", "cid": "0" * 32, "timestamp": str(time_us // 1000)}
    event["id"] = f"{rng.randrange(10**9)}"
    said = json.dumps(event, separators=rng.choice(((",", ":"), (", ", ": "))))
    if rng.random() < 0.3:
        said = said.replace(
            name, "".join(f"\\u{ord(one):04x}" if rng.random() < 0.5 else one for one in name)
        )
    return said.encode() + b"\n"
