"""Made-up lookups for the lake's tests: bursts, slow jobs, shared keys, moving hosts, a proxy."""

from __future__ import annotations

import hashlib
import random

from glasshouse.records import Actor, Client, Lookup, Requests, Target

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
CLIENTS = [("unknown", None), ("script", "curl"), ("browser", "Firefox")]
START = 683 * 30 * DAY + 3 * DAY  # three days into a season
DATABASES = {
    "shodan": ("T1596.005", "api.shodan.io"),
    "censys": ("T1596.005", "search.censys.io"),
    "crtsh": ("T1596.003", "crt.sh"),
    "whois-port43": ("T1596.002", None),
    "hackertarget": ("T1596.001", "api.hackertarget.com"),
    "digitorus": ("T1596.003", "certificatedetails.com"),
    "anubisdb": ("T1596.001", "anubisdb.com"),
}


def lookup(time: int, database: str, number: int, **said: object) -> Lookup:
    """One lookup; ``number`` makes its record unlike any other."""
    technique, name = DATABASES[database]
    actor = Actor(*(said.pop(part, None) for part in ("user", "host", "ip", "process")))
    values = {
        "time": time, "source": "zeek", "file": "a.log", "position": number, "via": "dns", "view": "dns/A",
        "record_sha256": hashlib.sha256(f"{number} {time} {database}".encode()).hexdigest(), "actor": actor,
        "database": database, "techniques": (technique,), "name": name, **said,
    }  # fmt: skip
    return Lookup(**values)


def crowd(seed: int, days: int = 50, actors: int = 6, job: bool = True) -> list[Lookup]:
    """What a few actors do in some weeks, in order of time."""
    draw = random.Random(seed)
    found: list[Lookup] = []
    for actor in range(actors):
        _one_actor(draw, actor, days, found)
    for step in range(200 if job else 0):  # a daily job that never ends: an alert in chapters
        found.append(lookup(START + step * 9 * HOUR, "shodan", len(found), ip="192.0.2.99", host="job"))
    _behind_proxy(draw, days, found)
    return sorted(found, key=lambda x: (x.time, x.record_sha256))


def _one_actor(draw: random.Random, actor: int, days: int, found: list[Lookup]) -> None:
    user = draw.choice([None, f"u{actor}", f"u{actor}"])
    key = draw.choice([None, "hmac-sha256:0001", "hmac-sha256:0002"])
    for _ in range(draw.randint(1, 5)):
        begin = START + draw.randint(0, days * DAY)
        ip = draw.choice([f"192.0.2.{actor}", f"192.0.2.{actor}", f"192.0.2.{draw.randint(0, 8)}", None])
        host = draw.choice([None, f"ws{actor}", f"ws{actor}"]) if ip else f"ws{actor}"
        kind = draw.choice(["burst", "slow", "once", "sweep", "steady"])
        steps = {
            "burst": (30, 20 * SECOND),
            "slow": (40, 9 * HOUR),
            "once": (1, 0),
            "sweep": (12, 30 * SECOND),
        }
        steady = (draw.randint(30, 90), draw.choice([HOUR // 2, HOUR - SECOND, 3 * HOUR]))
        count, gap = steps.get(kind, steady)
        for step in range(count):
            database = draw.choice(list(DATABASES)) if kind in ("sweep", "once") else "shodan"
            target = Target("hostname", f"h{draw.randint(0, 30)}.example.com", draw.random() < 0.1)
            found.append(
                lookup(
                    begin + step * gap + draw.randint(0, SECOND), database, len(found),
                    user=user, host=host, ip=ip, key_fingerprint=key if draw.random() < 0.3 else None,
                    targets=(target,) if draw.random() < 0.3 else (),
                    client=Client(*draw.choice(CLIENTS)),
                    requests=Requests(1, draw.choice([1, 1, 4])),
                )
            )  # fmt: skip


def _behind_proxy(draw: random.Random, days: int, found: list[Lookup]) -> None:
    for _ in range(draw.randint(0, 8)):
        time = START + draw.randint(0, days * DAY)
        for view in range(3):
            said = {"via": "http", "view": "http/connect", "proxied": True, "duration": 5 * SECOND}
            moment = time + view * HOUR
            found.append(lookup(moment, "censys", len(found), ip="192.0.2.77", **said))
            if draw.random() < 0.9:
                found.append(lookup(moment + SECOND, "censys", len(found), ip="192.0.2.250"))
    for _ in range(draw.randint(0, 2)):
        found.append(lookup(START + draw.randint(0, days * DAY), "crtsh", len(found), ip="192.0.2.250"))
