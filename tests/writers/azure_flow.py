"""A client and a time in; one Azure flow record with a few flow tuples out."""

from __future__ import annotations

import json
import random

PORTS = (43, 43, 4321, 5432, 443, 22, 53)


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A virtual network or a network security group record, one to four tuples in it."""
    by_group = rng.random() < 0.5
    stamp = time_us // (1_000_000 if by_group else 1000)
    tuples = []
    for _ in range(rng.randrange(1, 5)):
        start = f"{stamp},{client_ip},198.51.100.9,{rng.randrange(20_000, 65_535)},{rng.choice(PORTS)}"
        state = rng.choice("BCE")
        if by_group:
            sizes = rng.choice(("8,612,7,3420", ",,,"))
            tuples.append(f"{start},{rng.choice('TU')},O,{rng.choice('AD')},{state},{sizes}")
        else:
            tuples.append(f"{start},6,O,{rng.choice((state, 'D'))},NX,8,612,7,3420")
    record: dict[str, object] = {"time": "2026-11-20T21:54:00Z"}
    if by_group:
        record["category"] = "NetworkSecurityGroupFlowEvent"
        record["properties"] = {"flows": [{"rule": "r", "flows": [{"mac": "000D3A", "flowTuples": tuples}]}]}
    else:
        record["category"] = "FlowLogFlowEvent"
        record["flowRecords"] = {"flows": [{"flowGroups": [{"rule": "r", "flowTuples": tuples}]}]}
    return (json.dumps(record) + "\n").encode()
