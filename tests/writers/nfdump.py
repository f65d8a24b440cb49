"""A client and a time in; one nfdump record (text, CSV of 1.6 or 1.7) or decoded flow (JSON) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

OLD = "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt"
NEW = "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows"
HEADER = (NEW + "\n").encode()


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A request or its reply; records of 1.6 come with the header lines they need."""
    when = datetime.fromtimestamp(time_us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S") + ".125"
    ends = [(client_ip, rng.randrange(20_000, 65_535)), ("198.51.100.9", rng.choice((43, 43, 4321, 443, 53)))]
    if rng.random() < 0.3:
        ends.reverse()
    (source, port), (server, server_port) = ends
    size = rng.choice((279, 1200))
    kind = rng.choice(("new", "new", "old", "text", "json"))
    if kind == "old":
        row = f"{when},{when},0.5,{source},{server},{port},{server_port},TCP,.AP.SF,0,0,5,{size}"
        sums = "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n1,43,5,1,1,1"
        return f"{OLD}\n{row}\n{sums}\n{NEW}\n".encode()
    if kind == "text":
        return (
            f"{when}     00:00:00.500 TCP  {source:>16}:{port:<5} -> {server:>16}:{server_port:<5} "
            f"...AP.SF    0        5     {size}    2.0 M     1\n"
        ).encode()
    if kind == "json":
        record = {"sourceIPv4Address": source, "destinationIPv4Address": server, "sourceTransportPort": port}
        record |= {"destinationTransportPort": server_port, "flowStartMilliseconds": time_us // 1000}
        return (json.dumps(record, separators=rng.choice(((",", ":"), (", ", ": ")))) + "\n").encode()
    return f"{when},0.500,6,{source},{port},{server},{server_port},5,{size},1\n".encode()
