"""A name, a client and a time in; one PAN-OS record (URL, decryption, traffic; CSV or JSON) out."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """A line behind a syslog header or alone, or a JSON record."""
    moment = datetime.fromtimestamp(time_us // 1_000_000, UTC)
    session, port = rng.randrange(1, 10**6), rng.randrange(1024, 65535)
    if rng.random() < 0.3:
        return _json(name, client_ip, moment, rng)
    when, precise = moment.strftime("%Y/%m/%d %H:%M:%S"), moment.strftime("%Y-%m-%dT%H:%M:%S.000+00:00")
    kind, subtype, to = rng.choice((("THREAT", "url", 443), ("TRAFFIC", "end", 43), ("DECRYPTION", "0", 443)))
    app = rng.choice(("ssl", "web-browsing"))
    line = (
        f"1,{when},0011,{kind},{subtype},2816,{when},{client_ip},198.51.100.20,0.0.0.0,0.0.0.0,rule,alice,,{app},"
        f"vsys1,in,out,eth1,eth2,log,{when},{session},1,{port},{to},0,0,0x41c,tcp,allow,"
    )
    path = rng.choice(("", "?q=example.com"))
    line += {
        "THREAT": f'"{name}/{path}",(9999),any,informational,client-to-server,1',
        "TRAFFIC": f"3900,900,3000,16,{when},2,any,0,1,0x0,a,b,0,9,7,tcp-fin",
        "DECRYPTION": "N/A," + "," * 31 + name,
    }[kind]
    return f"{rng.choice(('', '<14>Nov 20 21:55:01 PA-EDGE '))}{line},,{precise}\n".encode()


def _json(name: str, client_ip: str, moment: datetime, rng: random.Random) -> bytes:
    record = {
        "LogType": "THREAT",
        "Subtype": "url",
        "DeviceSN": "0011",
        "TimeGenerated": moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "SourceAddress": client_ip,
        "DestinationPort": 443,
        "Application": "web-browsing",
        "URL": f"{name}/",
        "HTTPMethod": "get",
    }
    return (json.dumps(record).replace("s", rng.choice(("s", "\\u0073"))) + "\n").encode()
