"""A name, a client and a time in; one Zscaler NSS record (web, firewall, DNS; pairs or JSON) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """Tab-separated pairs, or the JSON of a cloud feed."""
    moment = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    ctime = moment.strftime("%a %b %d %H:%M:%S %Y")
    feed, row = rng.choice(
        (
            ("web", {
                "datetime": moment.strftime("%Y-%m-%d %H:%M:%S"), "event_id": str(rng.randrange(10**9)),
                "protocol": rng.choice(("HTTPS", "SSL")), "requestmethod": "GET", "vendor": "Zscaler",
                "product": "NSS", "ClientIP": client_ip, "url": f"{name}/", "hostname": name, "status": "200",
            }),
            ("fw", {
                "datetime": ctime, "user": "alice@example.com", "cdport": "43", "csip": client_ip,
                "cdip": "198.51.100.43", "tuntype": "GRE", "inbytes": "3000", "outbytes": "90",
            }),
            ("dns", {
                "datetime": ctime, "user": "alice@example.com", "dns_reqtype": "A", "dns_req": name,
                "dns_resp": "198.51.100.1", "srv_dport": "53",
                "clt_sip": client_ip, "srv_dip": "198.51.100.53",
            }),
        )
    )  # fmt: skip
    if rng.random() < 0.5:
        record = json.dumps({"sourcetype": f"zscalernss-{feed}", "event": row})
        return (record.replace("c", rng.choice(("c", "\\u0063"))) + "\n").encode()
    quote = rng.choice(("", '"', '""'))
    return ("\t".join(f"{key}={quote}{value}{quote}" for key, value in row.items()) + "\n").encode()
