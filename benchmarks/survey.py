"""Nothing but a folder to write in; out: what diff and checks over a million observations cost.

50,000 assets at three dates, 20 observations of each by five collectors in all; between two dates one asset
in a hundred changes. CPU seconds and peak memory are of the process that looks: ``--small`` makes a tenth, so
that growth shows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from glasshouse.asking import Subject
from glasshouse.lake import observations, store
from glasshouse.observed import Answer, Certificate, DnsRecord, Resolution, Service

ASSETS, DATES = 50_000, 3
DAY = 86_400_000_000
START = 1_790_000_000_000_000
PORTS = (443, 22, 3389, 80, 8443, 25)
OWN = ["bench.test", "198.18.0.0/15"]
LOOK = """
import json, resource, sys, time
from pathlib import Path
from glasshouse.config import Options
from glasshouse.flow_exposure import exposure
from glasshouse.settings import load
home = Path(sys.argv[1])
found = exposure(Options(home=home, settings=load(home)))
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024,
    "findings": len(found.findings), "changes": len(found.changes), "troubles": len(found.troubles)}))
"""


def answers(assets: int, date: int) -> Iterator[Answer]:
    """What five collectors say at one date."""
    when = START + date * 30 * DAY
    for number in range(assets):
        turn = date if number % 100 == 0 else 0
        name = f"h{number}.bench.test"
        ip = f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        port = PORTS[(number + turn) % len(PORTS)]
        host, address = Subject("hostname", name), Subject("ip", ip)
        record = DnsRecord(name=name, type="A", data=ip, live=True, ttl=300)
        asked = Resolution(name=name, type="A", rcode="NOERROR", answers=1, authentic=False)
        passive = DnsRecord(name=name, type="A", data=ip, first_seen=START, last_seen=when)
        serial = f"{number:x}{turn:02x}a1b2c3d4e5f6"
        issued = Certificate(
            serial=serial, issuer="C=US, O=Example Trust, CN=R1", names=(name, f"www.{name}"),
            not_before=when - DAY, not_after=when + 89 * DAY,
        )  # fmt: skip
        web = Service(
            ip=ip, port=port, product="nginx", version="1.26.2", hostnames=(name,), last_seen=when,
            certificate_serial=serial, cves=("CVE-2099-0001",) if number % 50 == 0 else (),
        )  # fmt: skip
        ssh = Service(ip=ip, port=2222, protocol="ssh", product="OpenSSH", version="9.9", last_seen=when)
        said = (
            ("dns", "dns", host, (record, asked)),
            ("circl-pdns", "circl-pdns", host, (passive,)),
            ("crtsh", "crtsh", host, (issued,)),
            ("shodan-host", "shodan", address, (web, ssh)),
            ("internetdb", "shodan-internetdb", address, (web,) if number % 3 else ()),
        )
        for collector, database, subject, facts in said:
            yield Answer(
                collector=collector, database=database, subject=subject, time=when, status="complete",
                requests=1, facts=tuple((f"{number:064x}", fact) for fact in facts),
            )  # fmt: skip


def made(home: Path, assets: int) -> int:
    """A lake with all of it; the number of observations."""
    home.mkdir(parents=True)
    (home / "glasshouse.toml").write_text(f"own = {json.dumps(OWN)}\n")
    count = 0
    with store.writing(home) as lake:
        for date in range(DATES):
            run = observations.begin(lake, START + date * 30 * DAY, "asked")
            for answer in observations.add(lake, run, answers(assets, date), chunk=50_000):
                count += len(answer.facts)
    return count


def look(home: Path) -> dict[str, float]:
    """What looking costs, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(home)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-3000:])
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print a table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--small", action="store_true", help="a tenth of it only")
    small = words.parse_args().small
    print("| observations | CPU s | peak MiB | findings | changes | made in s |")
    print("|---:|---:|---:|---:|---:|---:|")
    for assets in (ASSETS // 10,) if small else (ASSETS // 10, ASSETS):
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            count = made(Path(folder) / "home", assets)
            spent = time.process_time() - began
            cost = look(Path(folder) / "home")
        row = (f"{count:,}", f"{cost['cpu']:.1f}", f"{cost['mib']:.0f}")
        print(f"| {' | '.join(row)} | {cost['findings']:,} | {cost['changes']:,} | {spent:.1f} |")
    print("\nBars: 1 M observations <= 60 CPU s, <= 1,024 MiB, growth linear.")


if __name__ == "__main__":
    main()
