"""Number of days in; a table of what one new day costs on day 1, 10 … out: ingest, detect, sizes.

python benchmarks/lake_days.py [DAYS] [LOOKUPS A DAY]
"""

from __future__ import annotations

import hashlib
import random
import sys
import tempfile
import time
from pathlib import Path

from glasshouse.config import Options
from glasshouse.flow_detect import detect
from glasshouse.lake import batch, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.records import Actor, Client, Lookup, Requests
from glasshouse.watch.actors import node

DAY = 86_400_000_000
START = 20_000 * DAY
DATABASES = ("shodan", "censys", "crtsh", "hackertarget", "whois-port43")


def day_of(number: int, lookups: int, draw: random.Random) -> list[Lookup]:
    """One day: a tenth of it a job that runs every day, the rest bursts of actors that come and go."""
    found = []
    for index in range(lookups):
        steady = index % 10 == 0
        who = index % 7 if steady else 10 + (number * 13 + index // 12) % 400
        moment = (
            index * (DAY // lookups)
            if steady
            else (index // 12) * (DAY // lookups * 12) + index % 12 * 20_000_000
        )
        name = f"{number} {index}"
        found.append(
            Lookup(
                time=START + number * DAY + moment, source="squid", file="access.log", position=index,
                record_sha256=hashlib.sha256(name.encode()).hexdigest(), via="http", view="http/connect",
                actor=Actor(f"u{who}", f"ws{who}", f"10.0.{who // 250}.{who % 250}"),
                database=draw.choice(DATABASES), techniques=("T1596.005",), name="api.shodan.io",
                client=Client("script", "curl"), requests=Requests(1, draw.choice([1, 2, 5])), proxied=True,
                key_fingerprint=f"hmac-sha256:{who:016x}" if index % 50 == 0 else None,
            )
        )  # fmt: skip
    return found


def main(days: int, lookups: int) -> None:
    """Bring in day after day; print a line for some of them."""
    home, draw = Path(tempfile.mkdtemp(prefix="lake-days-")), random.Random(1)
    print("| day | lookups in the lake | put in, s | detect, s | lookups read | SQL MB | Parquet MB |")
    print("|---|---|---|---|---|---|---|")
    shown = {1, 2, 10, 30, 60, 100, 150, 200, 250, 300, 500, 1000}
    for number in range(1, days + 1):
        found = day_of(number, lookups, draw)
        begin = time.process_time()
        with store.writing(home) as lake:
            batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in found]))
        between = time.process_time()
        done = detect(Options(home=home))
        end = time.process_time()
        if number in shown or number == days:
            size = (home / "glasshouse.db").stat().st_size / 1e6
            parquet = sum(file.stat().st_size for file in (home / "lake/lookups").rglob("*.parquet")) / 1e6
            print(
                f"| {number} | {number * lookups:,} | {between - begin:.2f} | {end - between:.2f} "
                f"| {done.loaded:,} | {size:.1f} | {parquet:.1f} |",
                flush=True,
            )
    begin = time.process_time()
    done = detect(Options(home=home), full=True)
    print(f"\nfull: {time.process_time() - begin:.1f} CPU s, {done.loaded:,} lookups, {done.changes}")


if __name__ == "__main__":
    main(*(int(said) for said in [*sys.argv[1:], "300", "300"][:2]))
