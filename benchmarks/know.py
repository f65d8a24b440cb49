"""Nothing in; out: how long a million assets take to read, to index and to match, and their memory.

    python benchmarks/know.py [--assets 1000000]

800 of 1,000 assets are host names, 150 addresses, 50 networks, a few domains; all invented and seeded.
"""

from __future__ import annotations

import argparse
import ipaddress
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

from glasshouse.know.inventory import Inventory
from glasshouse.know.loaders import inventory_csv
from glasshouse.known import Asset
from glasshouse.records import Target

T = TypeVar("T")
_WORDS = (
    "web",
    "api",
    "mail",
    "vpn",
    "db",
    "app",
    "edge",
    "cache",
    "login",
    "shop",
    "mx",
    "ns",
    "git",
    "build",
)


def table(count: int, random: Random) -> str:
    """A CSV of so many assets, as an asset database exports it."""
    lines = ["value,type,owner,environment,criticality"]
    for number in range(count * 8 // 10):
        domain = f"unit-{number % 5000}.example.{('com', 'net', 'org')[number % 3]}"
        lines.append(
            f"{random.choice(_WORDS)}-{number}.{domain},hostname,team-{number % 300},production,high"
        )
    for number in range(count * 15 // 100):
        address = ipaddress.ip_address(random.getrandbits(32) if number % 4 else random.getrandbits(128))
        lines.append(f"{address},ip,team-{number % 300},production,")
    for number in range(count * 5 // 100):
        size = (random.getrandbits(32), random.randint(12, 30)) if number % 4 else None
        network = ipaddress.ip_network(
            size or (random.getrandbits(128), random.randint(32, 64)), strict=False
        )
        lines.append(f"{network},cidr,team-{number % 300},,low")
    lines += [f"unit-{number}.example.com,domain,team-{number % 300},," for number in range(100)]
    return "\n".join(lines) + "\n"


def targets(assets: list[Asset], random: Random, count: int = 100_000) -> dict[str, list[Target]]:
    """What is asked about: ours and not, of each kind."""
    names = [one for one in assets if one.type == "hostname"]
    addresses = [one for one in assets if one.type == "ip"]
    return {
        "host name, ours": [Target("hostname", random.choice(names).value) for _ in range(count)],
        "host name, not ours": [Target("hostname", f"a{n}.b.c.example.test") for n in range(count)],
        "address, ours": [Target("ip", random.choice(addresses).value) for _ in range(count)],
        "address, any": [
            Target("ip", str(ipaddress.ip_address(random.getrandbits(32)))) for _ in range(count)
        ],
        "network /24, any": [
            Target("cidr", f"{ipaddress.ip_address(random.getrandbits(24) << 8)}/24") for _ in range(count)
        ],
        "e-mail": [Target("email", f"u{n}@{random.choice(names).value}") for n in range(count)],
    }


def timed(what: str, work: Callable[[], T]) -> T:
    """Do it, print how many seconds of CPU it took."""
    start = time.process_time()
    done = work()
    print(f"{what:<34} {time.process_time() - start:8.2f} s")
    return done


def main() -> None:
    """Print the table."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--assets", type=int, default=1_000_000)
    count, random = wanted.parse_args().assets, Random(1596)
    data = table(count, random).encode()
    print(f"{count:,} assets, {len(data) / 1e6:.0f} MB of CSV, Python {platform.python_version()}")
    before = held()
    facts = timed("read the CSV (inventory_csv)", lambda: list(inventory_csv.read(data, "inventory.csv")))
    assets = [one for one in facts if isinstance(one, Asset)]
    print(f"{'assets, troubles':<34} {len(assets):,}, {len(facts) - len(assets):,}")
    read = held()
    inventory = timed("index them (Inventory)", lambda: Inventory(assets))
    print(f"{'memory: facts, index':<34} {read - before:.0f} MiB, {held() - read:.0f} MiB")
    timed("first network asked about", lambda: inventory.about_us(Target("cidr", "192.0.2.0/24")))
    for what, asked in targets(assets, random).items():
        start = time.process_time()
        ours = sum(bool(inventory.about_us(one)) for one in asked)
        about = (time.process_time() - start) / len(asked) * 1e6
        start = time.process_time()
        for one in asked:
            inventory.assets_of(one)
        which = (time.process_time() - start) / len(asked) * 1e6
        print(f"{what:<34} {about:8.2f} µs about_us {which:8.2f} µs assets_of   {ours:,} ours")


def held() -> float:
    """Memory of this process now, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    main()
