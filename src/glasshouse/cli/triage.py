"""``glasshouse triage``: the lake's alerts and what we know in; a decision for each, and cases, out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.flow_triage import Done

FORMATS = ("table", "jsonl")
SHOWN = 200  # alerts of the table
Full = Annotated[bool, typer.Option("--full", help="Judge every alert anew, also those nothing changed for.")]
TriageFormat = Annotated[str, typer.Option("-f", "--format", help="table or jsonl.", metavar="NAME")]


def triage(
    form: TriageFormat = "table",
    output: options.Output = None,
    force: options.Force = False,
    since: options.Since = None,
    until: options.Until = None,
    full: Full = False,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Judge the alerts of the lake: about us? allowed? what next? Open cases where people must look.

    Judged anew is what changed: an alert, or what we know. Nothing is blocked or sent to anybody by this.
    Exit codes: 0 ok, 2 usage, 3 a setting, 4 some of what we know could not be read, 5 cannot read or write.
    """
    from glasshouse.flow_triage import decisions, judged_alerts
    from glasshouse.flow_triage import triage as run
    from glasshouse.report.decisions import render
    from glasshouse.report.terminal import look
    from glasshouse.report.triaged_json import lines
    from glasshouse.report.write import check_target, write

    if form not in FORMATS:
        raise UsageError(f"no format named {form!r} here", "--format", f"one of: {', '.join(FORMATS)}")
    check_target(output, force=force)
    options.stop_with_the_reader()
    asked = options.gather("", since, until, None, None, None, opendbs, home, settings=settings)
    with shown(quiet) as progress:
        done = run(asked, full, progress)
    counts, gravest = decisions(asked, SHOWN)
    judged, cases = judged_alerts(asked, gravest if form == "table" else None)
    judged = options.covered(asked, judged)
    if form == "jsonl":
        write(lines(judged, cases), output, force=force)
    else:
        width, colour = look(sys.stdout if output is None else None)
        write(render(judged, cases, width, colour=colour, counts=counts), output, force=force)
    _tell(done, quiet)
    raise typer.Exit(4 if any("not refreshed" not in one.reason for one in done.troubles) else 0)


def _tell(done: Done, quiet: bool) -> None:
    for one in done.troubles[:10]:
        place = f"{one.where}:{one.position}" if one.position else one.where
        options.tell(f"warning: {place}: {one.reason}; {one.next_step}", quiet)
    if len(done.troubles) > 10:
        options.tell(f"warning: {len(done.troubles) - 10} more troubles with what we know", quiet)
    options.tell(
        f"alerts: {done.judged:,} judged, {done.unchanged:,} unchanged; {done.opened:,} cases opened", quiet
    )
    if done.waiting:
        queued = f"notices: {done.notices:,} queued, {done.waiting:,} wait"
        options.tell(f"{queued}; glasshouse notify send sends them", quiet)
