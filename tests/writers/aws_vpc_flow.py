"""A client and a time in; one VPC flow record, as a line or in a CloudWatch message, out."""

from __future__ import annotations

import json
import random

PORTS = (43, 43, 4321, 5432, 443, 22, 53)


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A request, its reply, or an interval without data; now and then a header of another order before it."""
    start, ports = time_us // 1_000_000, (rng.randrange(20_000, 65_535), rng.choice(PORTS))
    ends = (client_ip, f"198.51.100.{rng.randrange(1, 255)}")
    if rng.random() < 0.3:
        ports, ends = ports[::-1], ends[::-1]
    size = f"{rng.choice((1, 8, 43))} {rng.randrange(40, 5000)}"
    line = (
        f"2 123456789012 eni-0a1b2c3d {ends[0]} {ends[1]} {ports[0]} {ports[1]} 6 {size} {start} {start + 5} "
        f"{rng.choice(('ACCEPT', 'ACCEPT', 'REJECT'))} OK"
    )
    kind = rng.choice(("line", "line", "own", "nodata", "message", "object"))
    if kind == "own":
        usual = (
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
            "end action log-status\n"
        )
        row = f"{ports[1]} {ends[0]} {ends[1]} {ports[0]} {start}"
        return f"dstport srcaddr dstaddr srcport start\n{row}\n{usual}".encode()
    if kind == "nodata":
        return f"2 123456789012 eni-0a1b2c3d - - - - - - - {start} {start + 60} - NODATA\n".encode()
    if kind == "message":
        return (json.dumps({"timestamp": time_us // 1000, "message": line}) + "\n").encode()
    if kind == "object":
        record = {"srcaddr": ends[0], "dstaddr": ends[1], "srcport": ports[0], "dstport": ports[1]}
        record |= {"start": start, "interface_id": "eni-0a1b2c3d", "log_status": "OK"}
        return (json.dumps(record, separators=rng.choice(((",", ":"), (", ", ": ")))) + "\n").encode()
    return (line + "\n").encode()
