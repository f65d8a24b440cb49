"""``glasshouse demo``: one invented working day in, its alerts and an HTML report out."""

from __future__ import annotations

import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from glasshouse.cli import options

OWN = "example.com,example.net,203.0.113.0/24"


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write the HTML report.", metavar="FILE")
    ] = Path("demo-report.html"),
    home: options.Home = None,
) -> None:
    """Hunt through the logs that ship with Glasshouse: an invented day of the owner of example.com."""
    from glasshouse.cli.hunt import run
    from glasshouse.config import Options
    from glasshouse.report.sinks import sink
    from glasshouse.report.terminal import render_for
    from glasshouse.report.write import write

    logs = sorted(str(path) for path in Path(str(files("glasshouse") / "demo")).glob("*.zst"))
    options.tell(f"glasshouse hunt --own {OWN} …/demo/*.zst")
    began = time.perf_counter()
    report = run(logs, Options(own=OWN, home=home), quiet=False)
    took = time.perf_counter() - began
    records = sum(count.records for count in report.tally.sources.values())
    write(render_for(sink("table"), report, sys.stdout))
    write(sink("html").render(report), output, force=True)
    sys.stdout.write(f"\n{records:,} records read in {took:.1f} s. Report: {output.absolute()}\n")
    raise typer.Exit(options.finish(report.tally, quiet=False, stats=False))
