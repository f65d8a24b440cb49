"""What people decide about what is public, in words; the decision kept, and what it means, out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By, Reason
from glasshouse.cli.exposure_shown import asked
from glasshouse.errors import UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.office.exposed import Deed, Kind

FindingName = Annotated[str, typer.Argument(help="A finding, F-…", metavar="FINDING")]
Subject = Annotated[str, typer.Argument(help="A name or address.", metavar="NAME")]
Owner = Annotated[str, typer.Option("--owner", help="Who owns it, or bears the risk.", metavar="NAME")]
Until = Annotated[
    str, typer.Option("--until", help="Until which day, inclusive; a year at most.", metavar="DATE")
]
Asset = Annotated[
    str | None, typer.Argument(help="Only this name or address of ours, and below it.", metavar="[ASSET]")
]
Note = Annotated[str, typer.Option("--note", help="What was looked at, and what came of it.", metavar="TEXT")]


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


def disown(
    subject: Subject,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Say that an unknown name or address is not ours: it is a candidate no longer."""
    _decide("disown", subject, by, reason, home, settings)


def forget(
    subject: Subject,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Take back an adoption or a disowning."""
    _decide("forget", subject, by, reason, home, settings)


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


def end_risk(
    finding: FindingName,
    reason: Reason,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Bear the risk of a finding no longer: it is open again."""
    _decide("accept-end", finding, by, reason, home, settings)


def review(
    note: Note,
    asset: Asset = None,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """State that you looked through what is public: the register names you and the day.

    It counts for each thing until that changes.
    """
    from glasshouse import flow_evidence
    from glasshouse.flow_exposure import now
    from glasshouse.office import audit

    made = flow_evidence.review(asked(home, settings), asset, note, audit.who(by), now())
    what = "everything that is public" if asset is None else f"what is public of {made.subject}"
    sys.stdout.write(safe(f"review {made.number}: {what}, by {made.actor}") + "\n")


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

    end = ends(until) if until is not None else None
    if until is not None and end is None:
        raise UsageError(f"{until!r} is not a day", "--until", "write 2027-03-31")
    _say(decide(asked(home, settings), kind, subject, audit.who(by), reason, owner, end))


def _say(deed: Deed) -> None:
    from glasshouse.report.exposed_facts import day

    words = {
        "adopt": "is ours now: the next survey asks about it",
        "disown": "is not ours",
        "forget": "is undecided again",
        "accept": f"is accepted until {day(deed.until - 1 if deed.until else None)}",
        "accept-end": "is open again",
    }
    sys.stdout.write(safe(f"{deed.subject} {words.get(deed.kind, deed.kind)}") + "\n")


COMMANDS: dict[str, Callable[..., None]] = {
    "adopt": adopt,
    "disown": disown,
    "forget": forget,
    "accept-risk": accept_risk,
    "end-risk": end_risk,
    "review": review,
}
