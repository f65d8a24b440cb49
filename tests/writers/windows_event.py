"""Writes one Windows event that asks for a name: a line of JSON, or (write_xml) an <Event>."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

SYSMON, SECURITY = "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing"


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    number, data = _data(name, client_ip, time_us, rng)
    provider = SECURITY if number == 4688 else SYSMON
    channel = "Security" if number == 4688 else f"{SYSMON}/Operational"
    when = f"{_utc(time_us):%Y-%m-%dT%H:%M:%S}.{time_us % 1_000_000:06d}0Z"
    computer = f"ws-{client_ip.rpartition('.')[2]}.example.com"
    shapes: list[dict[str, Any]] = [
        {
            "EventTime": when,
            "Hostname": computer,
            "EventID": number,
            "SourceName": provider,
            "Channel": channel,
            **data,
        },
        {
            "@timestamp": when,
            "winlog": {
                "channel": channel,
                "provider_name": provider,
                "computer_name": computer,
                "event_id": rng.choice([number, str(number)]),
                "event_data": data,
            },
        },
        {
            "TimeGenerated": when,
            "Computer": computer,
            "EventID": number,
            "Provider": provider,
            "Channel": channel,
            "EventData": rng.choice([json.dumps(data), _xml_data(data)]),
        },
    ]
    said = json.dumps(rng.choice(shapes), separators=rng.choice([(",", ":"), (", ", ": ")]))
    return _escaped(said, name, rng).encode() + rng.choice([b"\n", b"\r\n"])


def write_xml(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """The XML shape: the same kinds of record, on one line or indented."""
    number, data = _data(name, client_ip, time_us, rng)
    provider = SECURITY if number == 4688 else SYSMON
    gap = rng.choice(["", "\n  "])
    system = (
        f'<System><Provider Name="{provider}"/><EventID>{number}</EventID>'
        f'<TimeCreated SystemTime="{_utc(time_us):%Y-%m-%dT%H:%M:%S}.0000000Z"/>'
        f"<Channel>{'Security' if number == 4688 else provider + '/Operational'}</Channel>"
        f"<Computer>ws-1.example.com</Computer></System>"
    )
    values = _xml_data(data)
    if rng.random() < 0.3:
        values = values.replace(
            name, "".join(f"&#{ord(letter)};" if rng.random() < 0.5 else letter for letter in name)
        )
    namespace = ' xmlns="http://schemas.microsoft.com/win/2004/08/events/event"'
    return f"<Event{namespace}>{gap}{system}{gap}{values}{gap}</Event>\n".encode()


def _utc(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us // 1_000_000, UTC)


def _data(name: str, client_ip: str, time_us: int, rng: random.Random) -> tuple[int, dict[str, str]]:
    when = _utc(time_us)
    shared = {
        "UtcTime": f"{when:%Y-%m-%d %H:%M:%S}.{rng.randrange(1000):03d}",
        "ProcessGuid": f"{{5b2f1c0a-7d31-6740-{rng.randrange(65536):04x}-000000001f00}}",
        "ProcessId": str(rng.randrange(4, 30000)),
        "Image": "C:\\Windows\\System32\\curl.exe",
        "User": "EXAMPLE\\jdoe",
    }
    command = rng.choice([f"curl https://{name}/x?q=example.com&a=1", "subfinder -d example.com", "notepad"])
    kind = rng.choice([1, 3, 22, 4688, 22])
    if kind == 1:
        return 1, {**shared, "CommandLine": command}
    if kind == 22:
        return 22, {
            **shared,
            "QueryName": name,
            "QueryStatus": rng.choice(["0", "9701"]),
            "QueryResults": "-",
        }
    if kind == 3:
        port = rng.choice(["43", "443", "4321", "80"])
        more = {"Initiated": rng.choice(["true", "false"]), "SourceIp": client_ip, "SourcePort": "50000"}
        return 3, {
            **shared,
            **more,
            "DestinationIp": "203.0.113.43",
            "DestinationPort": port,
            "DestinationPortName": "-",
        }
    return 4688, {
        "SubjectUserName": "jdoe",
        "SubjectDomainName": "EXAMPLE",
        "NewProcessId": hex(rng.randrange(4, 30000)),
        "NewProcessName": "C:\\Windows\\System32\\curl.exe",
        "CommandLine": command,
    }


def _xml_data(data: dict[str, str]) -> str:
    values = "".join(f'<Data Name="{key}">{escape(value)}</Data>' for key, value in data.items())
    return f"<EventData>{values}</EventData>"


def _escaped(said: str, name: str, rng: random.Random) -> str:
    """Sometimes the name's characters as JSON escapes."""
    if rng.random() < 0.7:
        return said
    return said.replace(name, "".join(f"\\u{ord(one):04x}" if rng.random() < 0.5 else one for one in name))
