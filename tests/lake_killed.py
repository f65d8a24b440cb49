"""A home, a folder of logs, a number and a seed in; ingest and detect killed so often, then run whole.

Run as a program of its own: each attempt is a fork of it, killed with SIGKILL at a random moment.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import duckdb  # noqa: F401 -- loaded once here instead of in every fork

from glasshouse import flow_detect, flow_lake
from glasshouse.config import Options
from glasshouse.watch import identity
from glasshouse.watch.detect import load_rules

flow_lake.ROUND_BYTES = 3000
identity.BLOCK = 1000


def main(home: Path, logs: Path, kills: int, seed: int) -> None:
    """Print how many attempts were killed."""
    rules, draw, killed = load_rules(), random.Random(seed), 0
    flow_detect.load_rules = lambda _extra: rules
    warm = logs.parent / "warm"
    attempt(warm, logs)
    while killed < kills:
        child = os.fork()
        if not child:
            attempt(home, logs)
            os._exit(0)
        time.sleep(draw.random() * draw.choice([0.05, 0.2, 0.6]))
        os.kill(child, signal.SIGKILL)
        _pid, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        if draw.random() < 0.5:
            grow(logs, draw)
        if not os.WIFSIGNALED(status):
            grow(logs, draw, 60)
    attempt(home, logs)
    print(killed)


def attempt(home: Path, logs: Path) -> None:
    """One whole run. DuckDB starts in the fork: its threads do not survive forking."""
    flow_lake.ingest([str(logs)], Options(home=home))
    flow_detect.detect(Options(home=home))


def grow(logs: Path, draw: random.Random, least: int = 1) -> None:
    """The log goes on, now and then breaking off within a line; some of it is rotated away."""
    from lake_logs import squid

    log = logs / "access.log"
    lines = int((logs.parent / "lines").read_text())
    more = lines + draw.randint(least, least + 40)
    with log.open("a") as stream:
        stream.write(squid(lines, more))
    (logs.parent / "lines").write_text(str(more))
    if draw.random() < 0.1:
        log.rename(logs / f"access.log.{more}")
        log.write_text("")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
