"""Writes one row of Defender's network or process table as a line of JSON, bare or wrapped."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any


def row(name: str, client_ip: str, time_us: int, rng: random.Random) -> dict[str, Any]:
    """A row as names to values; every kind of action the source reads, and some it does not."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    shared: dict[str, Any] = {
        "Timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000:06d}1Z",
        "DeviceId": "68b329da9893e34099c7d8ad5cb9c940",
        "DeviceName": f"ws-{client_ip.rpartition('.')[2]}.example.com",
        "ReportId": rng.randrange(1, 100_000),
        "InitiatingProcessFileName": "python.exe",
        "InitiatingProcessFolderPath": "c:\\python\\python.exe",
        "InitiatingProcessCommandLine": 'python -c "\nimport x, y"',
        "InitiatingProcessAccountName": "jdoe",
        "LocalIP": client_ip,
        "LocalPort": rng.randrange(1024, 65536),
        "RemoteIP": "203.0.113.9",
        "RemotePort": rng.choice([43, 80, 443]),
        "RemoteUrl": rng.choice(
            [None, name, f"https://{name}/", f"https://{name}/a?q=example.com", f"{name}/x"]
        ),
        "ActionType": rng.choice(["ConnectionSuccess", "ConnectionFailed", "InboundConnectionAccepted"]),
        "AdditionalFields": None,
    }
    kind = rng.choice(["connection", "http", "tls", "dns", "process"])
    more: dict[str, dict[str, str]] = {
        "http": {"host": name, "method": "GET", "uri": "/x?q=example.com", "user_agent": "curl/8.14.1"},
        "tls": {"server_name": name},
        "dns": {"query": name, "qtype_name": "A"},
    }
    if kind in more:
        shared["ActionType"] = {"http": "Http", "tls": "Ssl", "dns": "Dns"}[kind] + "ConnectionInspected"
        shared["RemoteUrl"] = None
        shared["AdditionalFields"] = json.dumps({"direction": rng.choice(["Out", "Out", "In"]), **more[kind]})
    if kind == "process":
        command = rng.choice([f"curl https://{name}/x\n-o y", "subfinder -d example.com", "notepad"])
        shared |= {
            "ActionType": "ProcessCreated",
            "FileName": "curl.exe",
            "FolderPath": "C:\\Windows\\curl.exe",
        }
        shared |= {"ProcessId": rng.randrange(4, 30000), "ProcessCommandLine": command, "AccountName": "jdoe"}
    return shared


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    got: dict[str, Any] = row(name, client_ip, time_us, rng)
    if rng.random() < 0.5:
        got = {"time": got["Timestamp"], "category": "AdvancedHunting-DeviceNetworkEvents", "properties": got}
    said = json.dumps(got)
    if rng.random() < 0.3:
        said = said.replace(
            name, "".join(f"\\u{ord(one):04x}" if rng.random() < 0.5 else one for one in name)
        )
    return said.encode() + b"\n"
