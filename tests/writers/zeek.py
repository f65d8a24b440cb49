"""A name, a client and a time in; one Zeek JSON or TSV record (dns, http, ssl, conn) out."""

from __future__ import annotations

import json
import random

HEADER = (
    b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
    b"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\tquery\tqtype_name\n"
)
SSL = (
    "#path\tssl\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tserver_name\n"
    "{ts}\t{uid}\t{ip}\t40000\t198.51.100.9\t443\tTLSv13\t{name}\n"
    "#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\tquery\tqtype_name\n"
)
DNS = "{ts}\t{uid}\t{ip}\t{port}\t192.0.2.53\t53\tudp\t{port}\t{name}\tA\n"


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    """One record; TSV ones of another log than dns bring the header lines they need."""
    uid = "C" + "".join(rng.choice("abcdefXYZ0123456789") for _ in range(16))
    stamp, port = f"{time_us // 1_000_000}.{time_us % 1_000_000:06}", rng.randrange(1024, 65535)
    escaped = "".join(f"\\x{ord(c):02x}" if rng.random() < 0.2 else c for c in name)
    kind = rng.choice(("tsv", "tsv-ssl", "dns", "http", "ssl", "conn", "quiet"))
    if kind.startswith("tsv"):
        form = SSL if kind == "tsv-ssl" else DNS
        return form.format(ts=stamp, uid=uid, ip=client_ip, port=port, name=escaped).encode()
    record = {
        "_path": kind if kind != "quiet" else "conn",
        "ts": time_us / 1_000_000,
        "uid": uid,
        "id.orig_h": client_ip,
        "id.orig_p": port,
        "id.resp_h": "198.51.100.9",
        "id.resp_p": 43 if kind == "conn" else 443,
    }
    record |= {
        "dns": {"query": name, "qtype_name": "A", "trans_id": port},
        "http": {"method": "GET", "host": name, "uri": "/?q=example.com", "trans_depth": 1},
        "ssl": {"server_name": name},
    }.get(kind, {"conn_state": "SF", "orig_bytes": 10, "duration": 0.5})
    return (json.dumps(record).replace("o", rng.choice(("o", "\\u006f")), 5) + "\n").encode()
