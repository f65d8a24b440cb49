"""``glasshouse survey``: our assets in, open databases asked about them or replies read, counts out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown
from glasshouse.errors import UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.asking import Subject
    from glasshouse.flow_survey import Surveyed

app = typer.Typer(
    help="Ask open databases what they reveal about us: run, plan, import, list, collectors.",
    no_args_is_help=True,
)
Collectors = Annotated[
    list[str] | None,
    typer.Option("--collector", help="Only this collector; may be given again.", metavar="NAME"),
]
Again = Annotated[bool, typer.Option("--again", help="Also what was answered lately (survey.hours).")]
Record = Annotated[
    Path | None,
    typer.Option("--record", help="Keep every reply in this file; import reads it.", metavar="FILE"),
]
Saved = Annotated[
    list[Path],
    typer.Argument(help="Recordings, saved replies, exports; or folders of them.", metavar="PATH..."),
]
One = Annotated[
    str | None, typer.Option("--collector", help="Whose reply it is; found out otherwise.", metavar="NAME")
]
About = Annotated[
    str | None,
    typer.Option(
        "--about", help="Which asset: domain:example.com; else the file's name tells.", metavar="KIND:VALUE"
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", help="When it was asked for; else the time of the file.", metavar="TIME"),
]
LISTED = 10


@app.command()
def run(
    collector: Collectors = None,
    again: Again = False,
    record: Record = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Ask every collector that may ask about every asset of ours, and keep what is said.

    Only what the inventory names is asked about. Exit codes: 0 all was answered, 4 something was not.
    """
    from glasshouse.flow_survey import survey

    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    with shown(quiet) as progress:
        done = survey(asked, collector or (), again, record, progress)
    _tell(done, quiet)
    raise typer.Exit(4 if done.blind else 0)


@app.command()
def plan(
    collector: Collectors = None,
    again: Again = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Show the first request of everything that would be asked; asks nothing, shows no key."""
    from glasshouse.flow_survey import plan as planned

    options.stop_with_the_reader()
    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    found = planned(asked, collector or (), again)
    for one in found:
        about = f"{one.subject.type} {one.subject.value}".strip()
        key = f"  (key: {one.key})" if one.key else ""
        says = one.note or f"{one.where}  {one.what}{key}"
        sys.stdout.write(safe(f"{one.collector:<22} {about:<36} {says}") + "\n")
    sys.stdout.write(
        f"{len(found):,} first requests; further pages follow where a reply says there are more\n"
    )


@app.command("import")
def import_(
    paths: Saved,
    collector: One = None,
    about: About = None,
    at: At = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Read saved replies, exports and recordings, as if they had been asked for at their time.

    Exit codes: 0 all was read, 4 something could not be.
    """
    from glasshouse import config, leaf
    from glasshouse.flow_saved import read

    if collector and collector not in leaf.collectors():
        raise UsageError(
            f"no collector {collector}", "--collector", f"one of: {', '.join(leaf.collectors())}"
        )
    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    with shown(quiet) as progress:
        done = read(paths, asked, collector, _subject(about), config.moment(at), progress)
    _tell(done, quiet)
    raise typer.Exit(4 if done.blind else 0)


@app.command("list")
def list_surveys(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """List the surveys that were made: number, time, how asking went."""
    from glasshouse import config
    from glasshouse.lake import observations, store
    from glasshouse.report.text import when

    options.stop_with_the_reader()
    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    with store.opened(config.home(asked.home)) as lake:
        found = observations.surveys(lake)
    for one in found:
        went = ", ".join(f"{count:,} {status}" for status, count in sorted(one.statuses.items())) or "nothing"
        line = f"{one.number:>4}  {when(one.time)}  {one.origin:<9} {one.facts:>8,} facts; {went}"
        sys.stdout.write(safe(line) + "\n")
    if not found:
        sys.stdout.write(
            "no survey was made yet\n  next: glasshouse survey plan, then glasshouse survey run\n"
        )


@app.command()
def collectors(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """List the collectors: what each is asked about, where, whether it needs a key and has one."""
    from glasshouse import leaf
    from glasshouse.flow_survey import chosen

    options.stop_with_the_reader()
    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    asking = chosen(asked.settings.survey)
    for name, one in leaf.collectors().items():
        bare = "reference data" if one.HOSTS else "saved files"
        about = ", ".join(one.SUBJECTS) or bare
        off = f"needs a key: {one.KEY}" if one.KEY else "is off"
        state = "import only" if not one.HOSTS else "asks" if name in asking else off
        line = f"{name:<22} {one.TECHNIQUE:<10} {about:<28} {', '.join(one.HOSTS) or '-':<40} {state}"
        sys.stdout.write(safe(line) + "\n")


def _subject(said: str | None) -> Subject | None:
    from glasshouse.asking import Subject
    from glasshouse.know.parse_assets import Unfit, asset

    if said is None:
        return None
    kind, _, value = said.partition(":")
    kinds = ("domain", "hostname", "ip", "cidr", "asn", "certificate", "organisation")
    if kind not in kinds or not value:
        raise UsageError(
            f"{said!r} names no asset", "--about", f"KIND:VALUE, KIND one of: {', '.join(kinds)}"
        )
    try:
        return Subject(kind, asset(kind, value).value)  # type: ignore[arg-type]
    except Unfit as problem:
        raise UsageError(f"{value!r} is {problem}", "--about", problem.next_step) from None


def _tell(done: Surveyed, quiet: bool) -> None:
    """What was asked and answered; what was not, with its reason."""
    went = (
        ", ".join(f"{count:,} {status}" for status, count in sorted(done.statuses.items())) or "nothing asked"
    )
    sys.stdout.write(f"survey {done.number}: {went}; {done.requests:,} requests, {done.facts:,} facts\n")
    if done.fresh:
        options.tell(f"left out: {done.fresh:,} answered lately (--again asks them anew)", quiet)
    if done.known:
        options.tell(f"left out: {done.known:,} answers that are here already", quiet)
    for one in done.blind[:LISTED]:
        about = f"{one.subject.type} {one.subject.value}".strip()
        options.tell(f"{one.status}: {one.collector}, {about}: {one.reason}", quiet)
    if len(done.blind) > LISTED:
        options.tell(f"and {len(done.blind) - LISTED:,} more; glasshouse exposure list shows them", quiet)
    if done.asked:
        sys.stdout.write("  next: glasshouse exposure list\n")
