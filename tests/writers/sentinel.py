"""A name, a client and a time in; one row of a Sentinel table as JSON out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A question, a request, or a connection on port 43."""
    when = datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    rows: list[dict[str, object]] = [
        {"SubType": "LookupQuery", "Name": name, "QueryType": 1, "ClientIP": client_ip, "Type": "DnsEvents"},
        {"DnsQuery": name + ".", "EventSchema": "Dns", "SrcIpAddr": client_ip, "Type": "ASimDnsActivityLogs"},
        {"Url": f"https://{name}/?q=example.com", "HttpRequestMethod": "GET", "SrcIpAddr": client_ip,
         "EventSchema": "WebSession", "Type": "ASimWebSessionLogs"},
        {"EventSchema": "NetworkSession", "SrcIpAddr": client_ip, "DstIpAddr": "198.51.100.9",
         "DstPortNumber": rng.choice((43, "43", 443, 4321)), "Type": "ASimNetworkSessionLogs"},
        {"DeviceVendor": "Any", "DeviceProduct": "Any", "SourceIP": client_ip,
         "DestinationIP": "198.51.100.9",
         "DestinationPort": rng.choice((43, 80)), "Type": "CommonSecurityLog"},
        {"DeviceVendor": "Any", "DeviceProduct": "Any", "SourceIP": client_ip, "RequestURL": f"{name}/search",
         "RequestMethod": "GET", "Type": "CommonSecurityLog"},
    ]  # fmt: skip
    said = json.dumps({"TimeGenerated": when, **rng.choice(rows)})
    if rng.random() < 0.3:
        said = said.replace(".", "\\u002e", 1)
    return said.encode() + b"\n"
