"""A name, a client and a time in; one CEF line (FortiGate, PAN-OS, a proxy or a resolver) out."""

from __future__ import annotations

import random


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A request, a question or a connection to port 43, behind a syslog header or alone."""
    stamp, port = time_us // 1000, rng.randrange(1024, 65535)
    source = f"src={client_ip} spt={port}"
    gate = f"deviceExternalId=FGT1 FTNTFGTeventtime={time_us * 1000} externalId={port} {source}"
    line = rng.choice(
        (
            f"Fortinet|Fortigate|v7.4.1|13312|utm:webfilter ftgd_allow|3|{gate} cat=utm:webfilter dpt=443 "
            f"dst=198.51.100.20 app=HTTPS dhost={name} request=https://{name}/ out=921 in=0",
            f"Fortinet|Fortigate|v7.4.1|00013|traffic:forward close|3|{gate} cat=traffic:forward "
            f"dst=198.51.100.20 dpt={rng.choice((43, 443))} FTNTFGTduration=2 out=921 in=40 FTNTFGTsentpkt=9",
            f"Palo Alto Networks|LF|2.0|THREAT|url|1|dtz=UTC start={stamp} {source} cn1={port} "
            f"dpt=443 app=web-browsing request={name}/?q\\=example.com requestMethod=get",
            f"Zscaler|NSSWeblog|6.2|Allowed|Allowed|3|rt={stamp} {source} dhost={name} "
            f"request={name}/a?b\\=c requestMethod=GET out=4 in=5",
            f"Example|Resolver|1|dns|DNS request|1|start={stamp} app=DNS {source} dpt=53 "
            f"destinationDnsDomain={name}. msg=a \\| b",
        )
    )
    before = rng.choice(("", "Nov 20 21:55:01 edge1 ", "<134>1 2026-11-20T21:55:04Z edge1 - - - - "))
    return f"{before}CEF:0|{line}\n".encode()
