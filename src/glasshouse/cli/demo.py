"""``glasshouse demo``: one invented working day in; its alerts and decisions, and what is public, out."""

from __future__ import annotations

import json
import shutil
import sys
import time
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.demo_survey import show, take_in
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from glasshouse.config import Options
    from glasshouse.verdicts import Triaged

OWN = "example.com,example.net,203.0.113.0/24"
DAY = "2026-03-17"
MARK = ".glasshouse-demo"  # only a folder with this file in it is ever emptied
MARKED = "Made by `glasshouse demo`, which empties this folder when it runs again.\n"
SETTINGS = """\
# Written by `glasshouse demo`. Change a file in know/, run `glasshouse triage` again, and see what changes.
[know]
paths = [{know}]
stale_days = 36500  # the day of the demo does not move on

[triage]
intel_days = 36500
"""


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Where to write the HTML report.", metavar="FILE")
    ] = Path("demo-report.html"),
    keep_home: Annotated[
        Path,
        typer.Option(
            "--keep-home",
            help="Home folder of the demo: lake, knowledge, cases. Made anew each time.",
            metavar="DIR",
        ),
    ] = Path("demo-home"),
    home: options.Home = None,
) -> None:
    """Hunt through an invented day of the owner of example.com, decide about every alert, survey the owner.

    The folder --keep-home is emptied first if a demo made it; another one with something in it is refused.
    """
    shipped = Path(str(files("glasshouse") / "demo"))
    _make_room(keep_home)
    code = _hunt(shipped, output, home)
    sys.stdout.write("\n")
    asked, first = _triage(shipped, keep_home)
    sys.stdout.write("\n")
    show(asked, keep_home)
    sys.stdout.write(f"\nNext: glasshouse exposure list --home {keep_home}\n")
    sys.stdout.write(f"Next: glasshouse case show {first} --home {keep_home}\n")
    raise typer.Exit(code)


def _hunt(shipped: Path, output: Path, home: Path | None) -> int:
    from glasshouse.cli.hunt import run
    from glasshouse.config import Options
    from glasshouse.report.sinks import sink
    from glasshouse.report.terminal import render_for
    from glasshouse.report.write import write

    logs = sorted(str(path) for path in shipped.glob("*.zst"))
    options.tell(f"glasshouse hunt --own {OWN} …/demo/*.zst")
    began = time.perf_counter()
    report = run(logs, Options(own=OWN, home=home), quiet=False)
    took = time.perf_counter() - began
    records = sum(count.records for count in report.tally.sources.values())
    write(render_for(sink("table"), report, sys.stdout))
    write(sink("html").render(report), output, force=True)
    sys.stdout.write(f"\n{records:,} records read in {took:.1f} s. Report: {output.absolute()}\n")
    return options.finish(report.tally, quiet=False, stats=False)


def _make_room(home: Path) -> None:
    """An empty demo home; what another demo left in it goes, whatever else stands there stays."""
    if home.exists() and not home.is_dir():
        raise UsageError("is a file", str(home), "name another folder with --keep-home")
    inside = list(home.iterdir()) if home.exists() else []
    if inside and not (home / MARK).is_file():
        raise UsageError("is not a demo home", str(home), "name another folder with --keep-home")
    for one in inside:
        if one.name == MARK:
            continue
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()


def _furnish(shipped: Path, home: Path) -> Options:
    """What the company knows and the settings that name it, in the demo home; the options that use them."""
    from glasshouse.config import Options
    from glasshouse.report.write import write
    from glasshouse.settings import FILE, load

    write(
        "Made by `glasshouse demo`, which empties this folder when it runs again.\n", home / MARK, force=True
    )
    know = home / "know"
    know.mkdir()
    said = json.dumps(str(know.absolute()), ensure_ascii=False)  # a string of JSON is one of TOML
    for file in sorted((shipped / "know").iterdir()):
        shutil.copyfile(file, know / file.name)
    write(SETTINGS.format(know=said), home / FILE)
    return Options(home=home, settings=load(home, environment={}), settings_file=home / FILE)


def _triage(shipped: Path, home: Path) -> tuple[Options, str]:
    """Ingest the weeks before, the day and the surveys, detect, triage, show the decisions about the day.

    Returns the options that use the demo home, and the case to take first.
    """
    from dataclasses import replace

    from glasshouse.cli.progress import shown
    from glasshouse.config import moment
    from glasshouse.flow_detect import detect
    from glasshouse.flow_lake import ingest
    from glasshouse.flow_triage import judged_alerts, triage
    from glasshouse.report.decisions import render
    from glasshouse.report.terminal import look

    home.mkdir(parents=True, exist_ok=True)
    asked = _furnish(shipped, home)
    logs = [str(path) for path in (*sorted(shipped.glob("before/*.zst")), *sorted(shipped.glob("*.zst")))]
    options.tell(f"glasshouse ingest --home {home} …/demo/before/*.zst …/demo/*.zst")
    options.tell(f"glasshouse survey import --home {home} …/demo/survey")
    options.tell(f"glasshouse detect --home {home}; glasshouse triage --home {home} --since {DAY}")
    began = time.perf_counter()
    with shown(False) as progress:
        ingest(logs, asked, progress=progress)
        surveyed = take_in(shipped, asked, progress)
        detect(asked, progress=progress)
        done = triage(asked, progress=progress)
    took = time.perf_counter() - began
    for one in done.troubles:
        options.tell(f"warning: {one.where}: {one.reason}; {one.next_step}")
    judged, cases = judged_alerts(replace(asked, since=moment(DAY)))
    width, colour = look(sys.stdout)
    sys.stdout.write(render(judged, cases, width, colour=colour))
    sys.stdout.write(f"\nKept, detected and judged in {took:.1f} s; {done.opened} cases opened in {home}.\n")
    answers = sum(surveyed.asked.values())
    sys.stdout.write(f"{answers} answers of open databases about the company read, of three surveys.\n")
    return asked, _first(judged, cases)


def _first(judged: Sequence[Triaged], cases: Mapping[str, str]) -> str:
    """The case to take first: the gravest decision, then the highest score."""
    from glasshouse.report.decisions import ORDER

    with_case = [one for one in judged if one.alert.id in cases]
    best = min(with_case, key=lambda one: (ORDER.index(one.decision.name), -one.alert.score))
    return cases[best.alert.id]
