"""Nothing in; out: what triage costs: 10,000 alerts over 10 million lookups, and one more day on a lake of 1 or 90.

python benchmarks/triage.py [--lookups 10000000] [--alerts 10000] [--days 90] [--daily 1000] [--keep FOLDER]
"""

# ruff: noqa: E501 -- long lines of SQL and figures
from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lake_days
import triage_lake

from glasshouse.config import Options
from glasshouse.flow_detect import detect
from glasshouse.flow_triage import triage
from glasshouse.lake import batch, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.settings import load
from glasshouse.watch.actors import node

SECONDS, MEMORY, GROWTH = 60, 1024, 1.2  # the bars: CPU, MiB, one more day
HERE = Path(__file__).parent
GLASSHOUSE = str(Path(sys.executable).with_name("glasshouse"))


def main() -> None:
    """Print both tables."""
    wanted = argparse.ArgumentParser()
    for name, usual in (("lookups", 10_000_000), ("alerts", 10_000), ("days", 90), ("daily", 1_000)):
        wanted.add_argument(f"--{name}", type=int, default=usual)
    wanted.add_argument("--keep", type=Path, help="a folder for the large lake, made there if it is not yet")
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory(prefix="triage-") as folder:
        print(f"A loop of 10 million additions in Python takes {loop():.2f} CPU s here and now.\n")
        if asked.days:
            days(Path(folder) / "days", asked.days, asked.daily)
        if asked.alerts:
            whole(asked.keep or Path(folder) / "whole", asked.lookups, asked.alerts)


def loop() -> float:
    """How fast this machine is just now: a processor shared with others gives less a second."""
    begin, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - begin


def whole(home: Path, lookups: int, alerts: int) -> None:
    """The first triage of a large lake, and a second one with nothing new."""
    if not (home / "glasshouse.toml").exists():
        triage_lake.everything(home, lookups, alerts)
    for file in [*home.glob("decisions.db*"), *home.glob("audit.*")]:
        file.unlink()
    print(f"| `glasshouse triage`, {alerts:,} alerts, {lookups:,} lookups | CPU s | wall s | peak MiB |")
    print("|---|---|---|---|")
    run = [GLASSHOUSE, "triage", "--home", str(home), "-o", str(home / "table.txt"), "--force", "-q"]
    for name in ("first time", "again, nothing new"):
        code, cpu, wall, peak = cost(home, run)
        print(f"| {name} | {cpu:.1f} | {wall:.1f} | {peak:.0f} |")
        if code:
            raise SystemExit(f"glasshouse triage ended with {code}: {(home / 'log').read_text()[-500:]}")
        if cpu > SECONDS or peak > MEMORY:
            print(f"\n**missed**: {SECONDS} CPU s and {MEMORY} MiB are the bars\n")
    print(f"\n{(home / 'table.txt').read_text().split('.')[0]}.")


def days(home: Path, number: int, daily: int) -> None:
    """What one more day costs, on a lake of one day and on a lake of many: the best of three, taken in turn."""
    draw = random.Random(1)
    triage_lake.know(home / "known", random.Random(1596))
    (home / "glasshouse.toml").write_text(f'[know]\npaths = ["{home / "known"}"]\n')
    options = Options(home=home, settings=load(home, environment={}))
    for day in range(1, number + 1):
        put(home, lake_days.day_of(day, daily, draw))
        detect(options)
        triage(options)
        if day == 1:
            shutil.copytree(home, home.with_name("young"))
    found = {
        name: lake_days.day_of(day, daily, draw) for name, day in (("young", 2), (home.name, number + 1))
    }
    costs: dict[str, list[tuple[float, ...]]] = {name: [] for name in found}
    for _ in range(3):
        for name, new in found.items():
            at = home.with_name("copy")
            shutil.copytree(home.with_name(name), at)
            costs[name].append((put(at, new), command("detect", at), command("triage", at)))
            shutil.rmtree(at)
    print("| one more day, CPU s | put in | detect | triage | together |\n|---|---|---|---|---|")
    sums = []
    for name, some in zip(("on a lake of 1 day", f"on a lake of {number} days"), costs.values(), strict=True):
        parts = [min(part) for part in zip(*some, strict=True)]
        sums.append(sum(parts))
        print(f"| {name} | {' | '.join(f'{part:.2f}' for part in parts)} | {sums[-1]:.2f} |")
    print(f"\n{daily:,} lookups a day; {sums[1] / sums[0]:.2f} times as much, the bar is {GROWTH}\n")


def put(home: Path, found: list[lake_days.Lookup]) -> float:
    """Put a day in; CPU seconds."""
    begin = time.process_time()
    with store.writing(home) as lake:
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in found]))
    return time.process_time() - begin


def command(name: str, home: Path) -> float:
    """Run one command; CPU seconds."""
    code, cpu, _wall, _peak = cost(home, [GLASSHOUSE, name, "--home", str(home), "-q"])
    if code:
        raise SystemExit(f"glasshouse {name} ended with {code}: {(home / 'log').read_text()[-500:]}")
    return cpu


def cost(home: Path, run: list[str]) -> tuple[int, float, float, float]:
    """Exit code, CPU seconds, wall seconds and peak MiB of a command; its output goes to a file."""
    told = subprocess.run(
        [sys.executable, str(HERE / "cost.py"), str(home / "log"), *run],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    code, cpu, wall, peak = json.loads(told.stdout)
    return code, cpu, wall, peak


if __name__ == "__main__":
    main()
