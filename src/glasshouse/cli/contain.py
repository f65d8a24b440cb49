"""``glasshouse contain``: an alert in; block lists, an isolation request and hunting queries as files out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.flow_contain import Written
    from glasshouse.verdicts import Containment

Alert = Annotated[
    str,
    typer.Argument(
        help="An alert, GH-…, or the beginning of its name; or a case, C-17: each of its alerts.",
        metavar="ALERT",
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        help="Folder to write to.  [default: containment-GH-… here]",
        metavar="DIR",
        show_default=False,
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", help="Only this one, for example squid-acl; may be given again.", metavar="NAME"),
]


def contain(
    alert: Alert,
    folder: Folder = None,
    only: Only = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that stand there.")] = False,
    opendbs: options.DatabaseFolders = None,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write what people need to contain an alert: block lists, an isolation request, hunting queries.

    Nothing is blocked, isolated or sent by this. Exit codes: 0 ok, 2 usage, 3 a setting, 5 cannot write.
    """
    from glasshouse import flow_contain
    from glasshouse.flow_cases import alerts_meant
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    asked = options.gather("", None, None, None, None, None, opendbs, home, settings=settings)
    meant = alerts_meant(asked, alert)
    for one in meant:
        where = folder / f"containment-{one}" if folder and len(meant) > 1 else folder
        _told(*flow_contain.contain(asked, one, where, only or (), force, audit.who(by), now()))
    _say("Nothing was executed, blocked, isolated or sent. Each file says how to use it and how to undo it.")


def _told(plan: Containment, written: Sequence[Written]) -> None:
    _say(f"for {plan.alert.id}{f', {plan.case}' if plan.case else ''}: {plan.alert.summary}")
    for one in written:
        _say(f"  {one.file}  {one.artefact.TITLE}")
    if not (plan.names or plan.exact):
        _say("Nothing can be blocked by name: the databases asked also serve other things, or none is known.")
    elif plan.shared:
        _say(f"Never blocked, they serve other things too: {', '.join(plan.shared)}")
    if plan.note:
        _say(plan.note)


def _say(line: str) -> None:
    sys.stdout.write(f"{safe(line)}\n")
