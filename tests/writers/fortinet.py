"""A name, a client and a time in; one FortiGate line (web filter, traffic, DNS, application control) out."""

from __future__ import annotations

import random


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """Pairs separated by blanks or commas."""
    session = rng.randrange(1, 10**9)
    head = (
        f"eventtime={time_us * 1000}", 'tz="+0100"', 'devid="FGT1"', 'vd="root"', f"sessionid={session}",
        f"srcip={client_ip}", f"srcport={rng.randrange(1024, 65535)}", "dstip=198.51.100.20",
    )  # fmt: skip
    kind = rng.choice(
        (
            ('logid="0317013312"', 'type="utm"', 'subtype="webfilter"', "dstport=443", 'service="HTTPS"',
             f'hostname="{name}"', f'url="https://{name}/"'),
            ('logid="1059028704"', 'type="utm"', 'subtype="app-ctrl"', "dstport=80", 'service="HTTP"',
             f'hostname="{name}"', 'url="/?q=example.com"', 'agent="a \\"b\\", c"'),
            ('logid="1500054000"', 'type="utm"', 'subtype="dns"', "dstport=53", "xid=7", f'qname="{name}"',
             'qtype="A"'),
            ('logid="0000000013"', 'type="traffic"', 'subtype="forward"', f"dstport={rng.choice((43, 443))}",
             "duration=3", "sentbyte=900", "rcvdbyte=3000", "sentpkt=9"),
        )
    )  # fmt: skip
    return (rng.choice((" ", ",")).join(('devname="EDGE"', *head, *kind)) + "\n").encode()
