"""``glasshouse contain``: an alert in; block lists, an isolation request and hunting queries as files out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By
from glasshouse.safe import safe

Alert = Annotated[str, typer.Argument(help="An alert, GH-…, or the beginning of its name.", metavar="ALERT")]
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
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    asked = options.gather("", None, None, None, None, None, opendbs, home, settings=settings)
    plan, written = flow_contain.contain(asked, alert, folder, only or (), force, audit.who(by), now())
    _say(f"for {plan.alert.id}{f', {plan.case}' if plan.case else ''}: {plan.alert.summary}")
    for one in written:
        _say(f"  {one.file}  {one.artefact.TITLE}")
    if not (plan.names or plan.exact):
        _say("Nothing can be blocked by name: the databases asked also serve other things, or none is known.")
    elif plan.shared:
        _say(f"Never blocked, they serve other things too: {', '.join(plan.shared)}")
    if plan.note:
        _say(plan.note)
    _say("Nothing was executed, blocked, isolated or sent. Each file says how to use it and how to undo it.")


def _say(line: str) -> None:
    sys.stdout.write(f"{safe(line)}\n")
