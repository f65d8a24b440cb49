"""Nothing but a folder to write in; out: a table of `glasshouse hunt` beside ripgrep, against the bars.

CPU seconds and peak memory are the operating system's account of the finished process and of the children it
waited for; wall is a clock around it. Both programs read the same file in turn, from the page cache.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

import logs

from glasshouse.catalogue import load
from glasshouse.leaf import source
from glasshouse.records import Actor, Client, Lookup, Requests, Target
from glasshouse.watch.detect import detect, load_rules

MIB = 1 << 20
GLASSHOUSE = str(Path(sys.executable).with_name("glasshouse"))
RATIO = {"defender-csv": 3.0, "zeek.gz": 3.0}  # CPU, to that of ripgrep; all others 1.5
MEMORY = 300  # MiB
HELP = 0.25  # seconds
MORE = (  # title, script, its words for all of it and for --quick
    ("Triage", "triage.py", ((), ("--lookups", "50000", "--alerts", "200", "--days", "2"))),
    ("Survey", "survey.py", ((), ("--small",))),
)
DETECTION = 2.0  # CPU seconds for 100,000 lookups


class Cost(NamedTuple):
    """What one run of a program took: seconds and MiB."""

    cpu: float
    wall: float
    peak: float


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: str
    theirs: str
    ratio: str
    bar: str
    met: bool


def cost(command: Sequence[str], out: Path) -> Cost:
    """Run a program to its end; its output goes to a file."""
    helper = [sys.executable, "-I", "-S", str(Path(__file__).with_name("cost.py")), str(out), *command]
    told = subprocess.run(helper, capture_output=True, text=True, check=True, env=installed(out)).stdout
    code, *figures = json.loads(told)
    if code not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {code}:\n{out.read_text()[-2000:]}")
    return Cost(*figures)


def installed(out: Path) -> dict[str, str]:
    """The environment, with compiled modules kept beside the output: an installed program has them."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(out.parent / "compiled")}


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(statistics.median(each) for each in zip(*costs, strict=True)))


def needles(kind: str, folder: Path) -> Path:
    """The names that both programs look for in logs of one format, one a line."""
    catalogue = load()
    words = [*catalogue.needles(), *(catalogue.tool_needles() if "process" in source(kind).SEES else ())]
    path = folder / f"needles-{kind}"
    path.write_text("\n".join(words) + "\n")
    return path


def compare(label: str, kind: str, path: Path, folder: Path, runs: int) -> list[Row]:
    """Both programs on one file, in turn; the median of each and of their ratios."""
    rg = ["rg", "-i", "-F", "-c", "-f", str(needles(kind, folder)), *(["-z"] if path.suffix == ".gz" else [])]
    hunt = [GLASSHOUSE, "hunt", str(path), "-f", "jsonl", "--stats", "--home", str(folder / "home")]
    told, alerts = folder / "rg.out", folder / "hunt.out"
    cost([*rg, str(path)], told)  # reads the file into the page cache
    cost(hunt, alerts)  # compiles the modules
    theirs: list[Cost] = []
    ours: list[Cost] = []
    for _ in range(runs):
        theirs.append(cost([*rg, str(path)], told))
        ours.append(cost(hunt, alerts))
    cpu = statistics.median(mine.cpu / other.cpu for mine, other in zip(ours, theirs, strict=True))
    wall = statistics.median(mine.wall / other.wall for mine, other in zip(ours, theirs, strict=True))
    us, them = middle(ours), middle(theirs)
    tally = next(json.loads(line) for line in alerts.read_text().splitlines() if line.startswith('{"files"'))
    size = path.stat().st_size / MIB
    counted = told.read_text().strip()
    print(
        f"{label}: {size:,.0f} MiB, {tally['lookups']} look-ups found; rg counts {counted} lines", flush=True
    )
    bar = RATIO.get(label, 1.5)
    rows = [
        Row(f"{label}: CPU s", f"{us.cpu:.2f}", f"{them.cpu:.2f}", f"{cpu:.2f}", f"≤ {bar:g}", cpu <= bar)
    ]
    if bar == 1.5:
        rows.append(
            Row(f"{label}: wall s", f"{us.wall:.2f}", f"{them.wall:.2f}", f"{wall:.2f}", "≤ 1", wall <= 1)
        )
    rows.append(memory(f"{label}, {size / 1024:.1f} GiB", us.peak, them.peak))
    return rows


def memory(what: str, ours: float, theirs: float) -> Row:
    """Peak memory against its bar."""
    return Row(f"{what}: peak MiB", f"{ours:.0f}", f"{theirs:.0f}", "", f"ours ≤ {MEMORY}", ours <= MEMORY)


def big(folder: Path, size: int) -> Row:
    """The peak of one run over a Zeek log five times as large."""
    inner = folder / "big"
    inner.mkdir(exist_ok=True)
    path = logs.write("zeek", inner, 5 * size)
    told = folder / "big.out"
    hunt = cost([GLASSHOUSE, "hunt", str(path), "-f", "jsonl", "--home", str(folder / "home")], told)
    rg = cost(["rg", "-i", "-F", "-c", "-f", str(needles("zeek", folder)), str(path)], told)
    label = f"zeek, {path.stat().st_size / MIB / 1024:.1f} GiB"
    shutil.rmtree(inner)
    return memory(label, hunt.peak, rg.peak)


def help_text(folder: Path) -> Row:
    """How long the help takes to appear."""
    command = [GLASSHOUSE, "--help"]
    took = statistics.median(cost(command, folder / "help.out").wall for _ in range(7))
    return Row("glasshouse --help: wall s", f"{took:.2f}", "", "", f"≤ {HELP}", took <= HELP)


def lookups(many: int, seed: int = 1596) -> list[Lookup]:
    """Lookups of one actor in one hour, of some databases about many targets."""
    random, databases = Random(seed), list(load().databases.values())[:40]
    actor, client = Actor(user="CORP\\user001", ip="10.1.2.3"), Client("script", "python-requests")
    step = 3_600_000_000 / many
    made = []
    for number in range(many):
        entry = random.choice(databases)
        about = Target("domain", f"{random.getrandbits(20):x}.example.com")
        made.append(
            Lookup(
                time=logs.START * 1_000_000 + int(number * step), source="squid", file="access.log",
                position=number + 1, record_sha256=f"{number:064x}", via="http", view="http", actor=actor,
                database=entry.id, techniques=entry.techniques, scope=entry.scope, name="api.example.com",
                targets=(about,), client=client, requests=Requests(),
            )
        )  # fmt: skip
    return made


def detection(many: Sequence[int]) -> list[Row]:
    """CPU seconds of detection, and what ten times as many cost."""
    rules, rows, before = load_rules(), [], 0.0
    for count in many:
        found = lookups(count)
        start = time.process_time()
        alerts, _statuses = detect(found, rules)
        took = time.process_time() - start
        if len(alerts) != 1:
            sys.exit(f"{len(alerts)} alerts for one actor in one hour")
        ratio = f"× {took / before:.1f}" if before else ""
        if count == 100_000:
            rows.append(
                Row("detection, 100,000 lookups: CPU s", f"{took:.2f}", "", ratio, "≤ 2", took <= DETECTION)
            )
        else:
            near = not before or took <= 13 * before
            bar = "× 10, near-linear" if before else ""
            rows.append(Row(f"detection, {count:,} lookups: CPU s", f"{took:.2f}", "", ratio, bar, near))
        before = took
    return rows


def machine() -> str:
    """What was measured on, and with which versions."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    rg = subprocess.run(["rg", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("glasshouse", "hyperscan", "orjson")
    )
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {model}, {os.cpu_count()} cores, {memory_gib} GiB; "
        f"{platform.system()} {platform.release()}; Python {platform.python_version()}, {versions}, {rg}; "
        f"load at start {os.getloadavg()[0]:.1f}"
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| | glasshouse | ripgrep | ratio | bar | |", "|---|---:|---:|---:|---|---|"]
    lines += [f"| {' | '.join(row[:5])} | {'met' if row.met else '**missed**'} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Make the logs, run everything, print the table; with --write, keep it."""
    asked = arguments()
    if not shutil.which("rg"):
        sys.exit("ripgrep is missing; on Debian: apt-get install ripgrep")
    about = machine()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="glasshouse-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        rows = measured(folder, asked.size * MIB, asked.runs, asked.only)
        if not asked.quick and not asked.only:
            rows.append(big(folder, asked.size * MIB))
    finally:
        if not asked.folder:
            shutil.rmtree(folder)
    if not asked.only:
        rows += [help_row(), *detection((10_000, 100_000) if asked.quick else (10_000, 100_000, 1_000_000))]
    text = f"{about}\nMedian of {asked.runs} runs each, in turn.\n\n{table(rows)}\n"
    if not asked.only:
        print("\n" + text)
        text += "".join(
            f"\n## {title}\n\n{told(script, words[asked.quick])}" for title, script, words in MORE
        )
    print("\n" + text)
    if asked.write:
        asked.write.write_text("# Results of `make bench`\n\n" + text)


def told(script: str, words: Sequence[str]) -> str:
    """What another benchmark of this folder prints."""
    run = [sys.executable, str(Path(__file__).with_name(script)), *words]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def help_row() -> Row:
    """The help, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return help_text(Path(folder))


def measured(folder: Path, size: int, runs: int, only: str | None) -> list[Row]:
    """The rows of all formats, and of the packed Zeek log."""
    rows: list[Row] = []
    for kind in logs.FORMATS:
        if only and not only.startswith(kind):
            continue
        path = logs.write(kind, folder, size)
        rows += compare(kind, kind, path, folder, runs)
        if kind == "zeek":
            packed = logs.pack(path)
            rows += compare("zeek.gz", kind, packed, folder, runs)
            packed.unlink()
        path.unlink()
    return rows


def arguments() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="64 MiB files, one run: does it work?")
    parser.add_argument("--size", type=int, default=1024, help="MiB per file")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="one format")
    parser.add_argument("--folder", type=Path, help="where the logs are made (default: a temporary folder)")
    parser.add_argument("--write", type=Path, help="keep the table in this file")
    asked = parser.parse_args()
    if asked.quick:
        asked.size, asked.runs = 64, 1
    return asked


if __name__ == "__main__":
    main()
