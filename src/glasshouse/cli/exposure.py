"""``glasshouse exposure``: what is public about us in, lists, changes, reports and decisions out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By, Reason
from glasshouse.errors import UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from pathlib import Path

    from glasshouse.config import Options
    from glasshouse.findings import Exposure
    from glasshouse.office.exposed import Deed, Kind

app = typer.Typer(
    help="What is public about us: list, show, diff, unknown, scope, register, adopt, disown, accept-risk.",
    no_args_is_help=True,
)
Moment = Annotated[
    str | None,
    typer.Option(
        "--at", help="As of this survey: its number, or -1 for the one before the last.", metavar="N"
    ),
]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Compared with this survey.  [default: the one before]", metavar="N"),
]
Format = Annotated[
    str, typer.Option("-f", "--format", help="table, html, csv, json, ocsf, sarif …", metavar="NAME")
]
Open = Annotated[bool, typer.Option("--all", help="Also findings whose risk was accepted.")]
FindingName = Annotated[str, typer.Argument(help="A finding, F-…", metavar="FINDING")]
Subject = Annotated[str, typer.Argument(help="A name or address.", metavar="NAME")]
Owner = Annotated[str, typer.Option("--owner", help="Who owns it, or bears the risk.", metavar="NAME")]
Until = Annotated[str, typer.Option("--until", help="Until which day.", metavar="DATE")]


@app.command("list")
def list_findings(
    form: Format = "table",
    output: options.Output = None,
    force: options.Force = False,
    at: Moment = None,
    since: Since = None,
    everything: Open = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Show what is revealed, what changed without approval and what to do first; or write a report of it."""
    from glasshouse import leaf
    from glasshouse.report.write import check_target, write

    sinks = leaf.exposure_sinks()
    if form not in sinks:
        raise UsageError(f"no format {form}", "--format", f"one of: {', '.join(sinks)}")
    check_target(output, force=force)
    options.stop_with_the_reader()
    found = _exposure(at, since, home, settings, everything)
    write(sinks[form].render(found), output, force=force)


def _exposure(
    at: str | None, since: str | None, home: Path | None, settings: Path | None, everything: bool = True
) -> Exposure:
    from dataclasses import replace

    from glasshouse.flow_exposure import exposure

    found = exposure(_asked(home, settings), at, since)
    if everything:
        return found
    return replace(found, findings=tuple(one for one in found.findings if one.state == "open"))


def _asked(home: Path | None, settings: Path | None) -> Options:
    return options.gather("", None, None, None, None, None, None, home, settings=settings)


@app.command()
def adopt(
    subject: Subject,
    owner: Owner,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Say that an unknown name or address is ours: from now on it is asked about and judged."""
    _decide("adopt", subject, by, reason, home, settings, owner)


@app.command()
def disown(
    subject: Subject,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Say that an unknown name or address is not ours: it is a candidate no longer."""
    _decide("disown", subject, by, reason, home, settings)


@app.command()
def forget(
    subject: Subject,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Take back an adoption or a disowning."""
    _decide("forget", subject, by, reason, home, settings)


@app.command("accept-risk")
def accept_risk(
    finding: FindingName,
    owner: Owner,
    reason: Reason,
    until: Until,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Bear the risk of a finding until a day, a year at most; then it is open again."""
    _decide("accept", finding, by, reason, home, settings, owner, until)


@app.command("end-risk")
def end_risk(
    finding: FindingName,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Bear the risk of a finding no longer: it is open again."""
    _decide("accept-end", finding, by, reason, home, settings)


def _decide(
    kind: Kind,
    subject: str,
    by: str | None,
    reason: str,
    home: Path | None,
    settings: Path | None,
    owner: str = "",
    until: str | None = None,
) -> None:
    from glasshouse.flow_exposure import decide
    from glasshouse.know.parse_when import ends
    from glasshouse.office import audit

    end = ends(until) if until else None
    if until and end is None:
        raise UsageError(f"{until!r} is not a day", "--until", "write 2027-03-31")
    _say(decide(_asked(home, settings), kind, subject, audit.who(by), reason, owner, end))


def _say(deed: Deed) -> None:
    from glasshouse.report.text import when

    words = {
        "adopt": "is ours now: the next survey asks about it",
        "disown": "is not ours",
        "forget": "is undecided again",
        "accept": f"is accepted until {when(deed.until)}",
        "accept-end": "is open again",
    }
    sys.stdout.write(safe(f"{deed.subject} {words.get(deed.kind, deed.kind)}") + "\n")
