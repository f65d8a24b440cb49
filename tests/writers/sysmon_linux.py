"""A name, a client and a time in; one Sysmon for Linux event in a syslog or journal line out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from xml.sax.saxutils import escape


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A process start or a connection; now and then cut off, or with the XML's references."""
    when = f"{datetime.fromtimestamp(time_us // 1_000_000, UTC):%Y-%m-%d %H:%M:%S}.123"
    data = {"UtcTime": when, "ProcessGuid": f"{{a8fa4b5d-0db4-6854-8d8e-{rng.randrange(16**6):012x}}}"}
    data |= {"ProcessId": str(rng.randrange(2, 30_000)), "Image": "/usr/bin/curl"}
    number = rng.choice((1, 1, 3, 5))
    if number == 1:
        data["CommandLine"] = rng.choice((f"curl https://{name}/x?q=a&b=c", "subfinder -d example.com", "ls"))
    if number == 3:
        data |= {"Initiated": rng.choice(("true", "false")), "SourceIp": client_ip, "SourcePort": "50000"}
        data |= {"DestinationIp": "198.51.100.9", "DestinationPort": rng.choice(("43", "443", "4321"))}
    data["User"] = "deploy"
    values = "".join(f'<Data Name="{key}">{escape(value)}</Data>' for key, value in data.items())
    if rng.random() < 0.2:
        values = values.replace(name, "".join(f"&#{ord(one)};" for one in name))
    said = (
        f'<Event><System><Provider Name="Linux-Sysmon" Guid="{{ff032593-a8d3-4f13-b0d6-01fc615a0f97}}"/>'
        f"<EventID>{number}</EventID><Computer>build7.example.net</Computer></System>"
        f"<EventData>{values}</EventData></Event>"
    )
    if rng.random() < 0.2:
        said = said[: rng.randrange(150, len(said))]
    if rng.random() < 0.3:
        return (json.dumps({"MESSAGE": said, "_HOSTNAME": "build7"}) + "\n").encode()
    return f"Nov 20 21:55:00 build7 sysmon: {said}\n".encode()
