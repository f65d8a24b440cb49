"""``glasshouse detect``: the lake in, its alerts brought up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.hunt import FailOn
from glasshouse.cli.progress import shown

Full = Annotated[
    bool, typer.Option("--full", help="Judge the whole lake anew; gives the same alerts, only slower.")
]


def detect(
    full: Full = False,
    fail_on: FailOn = None,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    quiet: options.Quiet = False,
) -> None:
    """Judge what is new in the lake; late lookups change only the alerts they touch.

    Exit codes: 0 ok, 1 only with --fail-on, 2 usage, 3 a rule or setting, 5 cannot read or write.
    """
    from glasshouse.flow_detect import current
    from glasshouse.flow_detect import detect as run

    failing = options.level(fail_on, "--fail-on")
    asked = options.gather("", None, None, None, None, rules, opendbs, home, settings=settings)
    with shown(quiet) as progress:
        done = run(asked, full, progress)
    changes, judged = done.changes, f"{done.actors:,} {'actor' if done.actors == 1 else 'actors'} judged"
    options.tell(f"lookups: {done.lookups:,} new, {done.loaded:,} read; {judged}", quiet)
    said = f"{changes.new:,} new, {changes.changed:,} changed, {changes.superseded:,} superseded"
    options.tell(f"alerts: {said}; glasshouse alerts list shows them", quiet)
    code = 0
    for status in done.statuses:
        options.tell(f"rule {status.rule}: {status.status}. {status.detail}", quiet)
        code = 3
    from glasshouse.records import LEVELS

    if failing is not None and any(LEVELS.index(alert.level) >= failing for alert in current(asked)):
        code = 1
    raise typer.Exit(code)
