"""Facts that every Sysmon event shares in, Winlogbeat's JSON line around its own ones out."""

from __future__ import annotations

import json

from glasshouse.proof.clock import digest, iso
from glasshouse.proof.seen import Program

FILE = "logs/endpoint/sysmon.jsonl"


def document(time: int, host: str, serial: int, code: int, data: dict[str, str]) -> str:
    """One line of Winlogbeat 8; the collector's own time comes a second or so later."""
    late = 700_000 + serial * 7919 % 900_000
    said = {
        "@timestamp": iso(time, 3),
        "event": {"code": str(code), "kind": "event", "created": iso(time + late, 3)},
        "host": {"name": host},
        "winlog": {
            "channel": "Microsoft-Windows-Sysmon/Operational", "provider_name": "Microsoft-Windows-Sysmon",
            "computer_name": host, "event_id": str(code), "record_id": serial, "event_data": data,
        },
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":")) + "\n"


def head(time: int, host: str, program: Program) -> dict[str, str]:
    """What the events of one process share; the GUID joins them."""
    guid = digest(f"{host} {program.image} {program.pid} {program.born}", 16)
    return {
        "RuleName": "-",
        "UtcTime": iso(time, 3).replace("T", " ").rstrip("Z"),
        "ProcessGuid": f"{{{digest(host, 8)}-{guid[:4]}-69b8-{guid[4:8]}-{guid[8:]}0e00}}",
        "ProcessId": str(program.pid),
        "Image": program.image,
        "User": f"EXAMPLE\\{program.user}",
    }
