"""A name, a client and a time in; one Umbrella row (DNS, web, IP layer or firewall) out."""

from __future__ import annotations

import csv
import io
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A row with all cells quoted, or only those that need it."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    us, port = "198.51.100.1", rng.choice(("43", "443"))
    dns = [when, "PC-7", "PC-7,Office", client_ip, us, "Allowed", "1 (A)", "NOERROR", f"{name}.",
           "News\nToday", "Roaming Computers", "Roaming Computers,Networks", ""]  # fmt: skip
    web = [when, "PC-7", client_ip, us, "203.0.113.9", "", "ALLOWED", f"https://{name}/?q=example.com", "",
           'Agent "7"', "200", "562", "1489", "", "", "News", "", "", "", "", "", "Networks", ""]  # fmt: skip
    layer = [when, "PC-7", client_ip, "55605", "203.0.113.9", port, "Malware", "Roaming Computers"]
    wall = [when, "[1]", "Tunnel", "CDFW Tunnel Device", "OUTBOUND", "6", "84", client_ip, "51023",
            "203.0.113.9", port, "fra1.edc", "12", "ALLOW"]  # fmt: skip
    text = io.StringIO(newline="")
    quoting = rng.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    csv.writer(text, quoting=quoting, lineterminator="\n").writerow(rng.choice((dns, web, layer, wall)))
    return text.getvalue().encode()
