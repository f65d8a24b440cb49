"""A name, a client and a time in; one Azure DNS record (resolver policy, firewall table or message) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """One of the shapes a question is exported in."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    columns = {"QueryName": name, "QueryType": "A", "SourceIpAddress": client_ip, "SourcePort": 40112}
    table = {
        "QueryName": f"{name}.",
        "QueryType": "AAAA",
        "SourceIp": client_ip,
        "QueryId": rng.randrange(65536),
    }
    message = f"DNS Request: {client_ip}:40112 - 66 A IN {name}. udp 44 false 512 NOERROR qr 100 0.002s"
    document = rng.choice(
        (
            {"time": when, "category": "DnsResponse", "properties": columns},
            {"time": when, "category": "DnsResponse", "properties": json.dumps(columns)},
            {"TimeGenerated": when, "Type": "DNSQueryLogs", **columns},
            {"time": when, "category": "AZFWDnsQuery", "properties": table},
            {"time": when, "category": "AzureFirewallDnsProxy", "properties": {"msg": message}},
            {"records": [{"time": when, "category": "AZFWDnsQuery", "properties": table}]},
        )
    )
    return (json.dumps(document) + "\n").encode()
