"""Names of targets (none: all) in; each runs FUZZ_SECONDS (60), and what it finds is kept in fuzz/found/."""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from pathlib import Path

from fuzz.targets import TARGETS, Fault, Target

FOUND = Path(__file__).parent / "found"
MOST = 5  # different faults of one target


def run(name: str, target: Target, seconds: float, seed: int) -> int:
    """Try until the time is over; returns the number of different faults."""
    end, tries, faults = time.monotonic() + seconds, 0, {}
    while time.monotonic() < end and len(faults) < MOST:
        tries += 1
        try:
            target(random.Random(f"{name} {seed} {tries}"))
        except Fault as fault:
            place = traceback.extract_tb((fault.__cause__ or fault).__traceback__)[-1]
            key = f"{place.filename}:{place.lineno} {str(fault)[:60]}"
            if key not in faults:
                faults[key] = keep(name, fault, f"{seed} {tries}")
    print(f"{name:20} {tries:>9,} tries  {len(faults)} faults", flush=True)
    for key, path in faults.items():
        print(f"    {key}\n    input kept in {path}", flush=True)
    return len(faults)


def keep(name: str, fault: Fault, seed: str) -> Path:
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}-{seed.replace(' ', '-')}"
    path.write_bytes(fault.shown)
    path.with_suffix(".txt").write_text("".join(traceback.format_exception(fault)))
    return path


def main(names: list[str]) -> int:
    seconds = float(os.environ.get("FUZZ_SECONDS", "60"))
    seed = int(os.environ.get("FUZZ_SEED") or time.time())
    print(f"{len(names or TARGETS)} targets, {seconds:g} s each, FUZZ_SEED={seed}", flush=True)
    return 1 if sum(run(name, TARGETS[name], seconds, seed) for name in names or TARGETS) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
