"""Writes one packet line of a Windows DNS Server debug log that asks for a name."""

from __future__ import annotations

import random
from datetime import UTC, datetime

HEADER = (
    b"DNS Server log file creation at 22/09/2026 04:00:00\r\nLog file wrap at 22/09/2026 04:00:00\r\n\r\n"
)


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    when = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    half = "AM" if when.hour < 12 else "PM"
    date = rng.choice(
        [
            f"{when:%d/%m/%Y %H:%M:%S}",
            f"{when.month}/{when.day}/{when.year} {when.hour % 12 or 12}:{when:%M:%S} {half}",
            f"{when:%d.%m.%Y %H:%M:%S}",
            f"{when:%Y-%m-%d %H:%M:%S}",
        ]
    )
    labels = "".join(f"({len(part)}){part}" for part in name.split(".")) + "(0)"
    asked = labels if rng.random() < 0.7 else f".{name}."
    kind, xid = rng.choice(["A", "AAAA", "TXT"]), rng.randrange(0x10000)
    gap = rng.choice([" ", "  "])
    packet = f"{rng.randrange(2**40):016X} {rng.choice(['UDP', 'TCP'])}{gap}Rcv {client_ip:<15} {xid:04x}"
    return f"{date} 0E1C PACKET  {packet}   Q [0001   D   NOERROR] {kind:<6} {asked}\r\n".encode()
