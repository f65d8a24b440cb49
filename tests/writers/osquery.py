"""A name, a client and a time in; one osquery result (row, batch or snapshot) out."""

from __future__ import annotations

import json
import random
from typing import Any


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A process, socket or DNS row, now and then removed, in a batch or with escaped letters."""
    when = str(time_us // 1_000_000)
    rows: list[dict[str, Any]] = [
        {"path": "/usr/bin/curl", "cmdline": f"curl https://{name}/?q=example.com", "pid": "7", "time": when},
        {"path": "/usr/bin/subfinder", "cmdline": "subfinder -d example.org", "pid": "8", "start_time": when},
        {"name": name, "response": "198.51.100.9;", "type": "A", "type_id": "1", "pid": "9", "time": when},
        {
            "action": rng.choice(("connect", "connect", "accept")),
            "local_address": client_ip,
            "local_port": str(rng.randrange(20_000, 65_535)),
            "remote_address": "198.51.100.9",
            "remote_port": rng.choice(("43", "443", "4321")),
            "time": when,
        },
    ]
    row = rng.choice(rows)
    record: dict[str, Any] = {"name": "q", "hostIdentifier": "ws-1", "unixTime": time_us // 1_000_000}
    shape = rng.choice(("columns", "columns", "snapshot", "diffResults"))
    if shape == "columns":
        record |= {"columns": row, "action": rng.choice(("added", "added", "removed"))}
    elif shape == "snapshot":
        record |= {"snapshot": [row, rng.choice(rows)], "action": "snapshot"}
    else:
        record |= {"diffResults": {"added": [row], "removed": [rng.choice(rows)]}}
    said = json.dumps(record, separators=rng.choice(((",", ":"), (", ", ": "))))
    if rng.random() < 0.3:
        said = said.replace(
            name, "".join(f"\\u{ord(one):04x}" if rng.random() < 0.5 else one for one in name)
        )
    return said.encode() + b"\n"
