"""Writes one PowerDNS Recursor line that asks for a name."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def _escaped(name: str, rng: random.Random) -> str:
    at = rng.randrange(len(name))
    return f"{name[:at]}\\u{ord(name[at]):04x}{name[at + 1 :]}"


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    when = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    ts, kind = f"{time_us // 1_000_000}.{time_us // 1000 % 1000:03d}", rng.choice(["A", "AAAA", "TXT"])
    remote = f"{client_ip}:{rng.randrange(1024, 65536)}"
    stamp = f"{when:%b} {when.day:2d} {when:%H:%M:%S} " + rng.choice(["", "ns1 pdns-recursor[77]: "])
    shape = rng.choice(["question", "cached", "json", "text"])
    if shape == "json":
        fields = {"level": "0", "msg": "Question", "prio": "Info", "subsystem": "syncres", "ts": ts}
        line = json.dumps({**fields, "proto": "udp", "qtype": kind, "remote": remote, "qname": "?"})
        return (
            line.replace('"?"', f'"{_escaped(name, rng) if rng.random() < 0.5 else name}"').encode() + b"\n"
        )
    if shape == "text":
        return f"{stamp}3 [7/1] question for '{name}|{kind}' from {remote}\n".encode()
    said, tail = (
        ('Question" subsystem="syncres" level="0" prio="Info"', 'ecs="" mtid="7" ')
        if shape == "question"
        else ('Question answered from packet cache" subsystem="in" level="0" prio="Notice"', "")
    )
    proto = f'{tail}proto="udp" qname="{name}" qtype="{kind}" remote="{remote}"'
    return f'{stamp}msg="{said} tid="1" ts="{ts}" {proto}\n'.encode()
