"""``glasshouse privacy``: what is held in; how long, about whom, purged, erased, told on one page, out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By, Reason
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.flow_purge import Purged
    from glasshouse.flow_subject import Held

app = typer.Typer(
    help="What is held about people: page, report, erase, purge, hold, release, holds.", no_args_is_help=True
)
Dry = Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")]
CaseName = Annotated[str, typer.Argument(help="A case, C-17.", metavar="CASE")]


@app.command()
def page(
    output: options.Output = None,
    force: options.Force = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write the privacy page of these settings: what is kept, why, how long, who may see it."""
    from glasshouse.report.privacy_page import render
    from glasshouse.report.write import write

    write(render(_asked(home, settings).settings), output, force=force)


@app.command()
def purge(
    dry_run: Dry = False,
    proof: Annotated[
        list[Path] | None,
        typer.Option("--proof", help="What another purge removed, to be removed here too.", metavar="FILE"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the proofs of all purges here.", metavar="FILE"),
    ] = None,
    force: options.Force = False,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Remove what is past its time: lookups, counts, closed cases, old entries of the trail, old keys.

    Cases on hold stay with what they rest on. The audit trail keeps the proof: counts, ranges, hashes.
    """
    from glasshouse import flow_purge, tombstones
    from glasshouse.flow_triage import now
    from glasshouse.office import audit
    from glasshouse.office.pack import taken
    from glasshouse.report.write import check_target, write

    check_target(output, force=force)
    asked = _asked(home, settings)
    more = tuple(one for file in proof or () for one in tombstones.of_text(taken(file, 16 << 20), file))
    order = flow_purge.Order(who=audit.who(by), now=now(), dry=dry_run, more=more)
    _tell(flow_purge.purge_all(asked, order, options.tell), dry_run)
    if output and not dry_run:
        write(tombstones.text_of(tombstones.read(_home(asked))).decode(), output, force=force)


@app.command()
def hold(
    case: CaseName,
    until: Annotated[
        str, typer.Option("--until", help="Until when, for example 2027-06-30.", metavar="TIME")
    ],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.", metavar="NAME")] = "",
    reason: Reason = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Keep a case with its alerts and their lookups beyond its time, for a court for example."""
    from glasshouse import config, flow_holds
    from glasshouse.office import audit

    end = config.moment(until) or 0
    made = flow_holds.hold(_asked(home, settings), case, owner, reason, end, audit.who(by))
    _out(f"{made.case}, on hold until {until}, {made.owner} answers for it")


@app.command()
def release(
    case: CaseName, by: By = None, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """End the hold of a case; the next purge treats it as any other."""
    from glasshouse import flow_holds
    from glasshouse.office import audit

    flow_holds.release(_asked(home, settings), case, audit.who(by))
    _out(f"{case}, no longer on hold")


@app.command()
def holds(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """List the cases on hold, by whom and until when."""
    from glasshouse import flow_holds
    from glasshouse.report.text import when

    options.stop_with_the_reader()
    for one in flow_holds.holds(_asked(home, settings)):
        _out(f"{one.case}, until {when(one.until)}, {one.owner}: {one.reason}")


@app.command()
def report(
    subject: Annotated[
        str | None, typer.Argument(help="A token, or a name somebody asks with.", metavar="[TOKEN|NAME]")
    ] = None,
    reference: Annotated[
        str,
        typer.Option("--case", help="The case or the number of the request, for the trail.", metavar="TEXT"),
    ] = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Say what is held about a token or name, why and until when; without one, how often names were seen."""
    from glasshouse import flow_subject
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    asked = _asked(home, settings)
    if subject is None:
        for month, counts in flow_subject.monthly(asked):
            _out(f"{month}: {', '.join(f'{number} {act}' for act, number in sorted(counts.items()))}")
        return
    _held(flow_subject.report(asked, subject, reference, audit.who(by), now()))


@app.command()
def erase(
    token: Annotated[str, typer.Argument(help="The token of whom to erase.", metavar="TOKEN")],
    reason: Reason = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Erase lookups, counts and alerts of one identity, and its name in cases; unless a hold keeps them."""
    from glasshouse import flow_subject
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    asked = _asked(home, settings)
    held, done = flow_subject.erase(asked, token, reason, audit.who(by), now(), options.tell)
    _tell(done, dry=False)
    _out(f"{held.token}: erased")


def _held(held: Held) -> None:
    from glasshouse.report.text import when

    _out(f"{held.token}: {len(held.lines) or 'nothing'} held")
    for one in held.lines:
        until = f"until {when(one.until)}" if one.until else "until the case is closed and past its time"
        _out(f"  {one.what}: {one.says}; {one.why}; {until}")
        for part in one.parts:
            _out(f"    {part}")
    if held.holds:
        _out(f"  on hold: {', '.join(held.holds)}")


def _tell(done: Purged, dry: bool) -> None:
    from glasshouse.report.text import count, when

    verb = "would go" if dry else "removed"
    span = (
        f" ({when(done.first)} to {when(done.last)})"
        if done.first is not None and done.last is not None
        else ""
    )
    rows = (
        (done.lookups, f"{count(done.lookups, 'lookup')}{span}"),
        (done.baselines, count(done.baselines, "hourly count")),
        (done.alerts, count(done.alerts, "alert")),
        (done.rewritten, f"names in {count(done.rewritten, 'alert')} of cases"),
        (done.cases, count(done.cases, "closed case")),
        (done.entries, count(done.entries, "entry", "entries") + " of the audit trail"),
        (len(done.keys), f"keys of {', '.join(done.keys)}"),
        (done.leftovers, count(done.leftovers, "file") + " put aside by a repair"),
    )
    said = [words for number, words in rows if number]
    _out(f"{verb}: {'; '.join(said) or 'nothing'}")
    if done.held:
        _out(f"on hold, kept with what they rest on: {', '.join(done.held)}")


def _home(asked: Options) -> Path:
    from glasshouse import config

    return config.home(asked.home)


def _out(line: str) -> None:
    sys.stdout.write(f"{safe(line)}\n")


def _asked(home: Path | None, settings: Path | None) -> Options:
    return options.gather("", None, None, None, None, None, None, home, settings=settings)
