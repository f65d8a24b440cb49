"""``glasshouse alerts``: the lake in, its alerts out, as a list or one of them whole."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.hunt import MinLevel

app = typer.Typer(help="Alerts of the lake: list, show.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="An alert, GH-…, or the beginning of its name.")]
Superseded = Annotated[bool, typer.Option("--superseded", help="Also alerts that later lookups made void.")]


@app.command("list")
def list_alerts(
    form: options.Format = "table",
    output: options.Output = None,
    force: options.Force = False,
    since: options.Since = None,
    until: options.Until = None,
    min_level: MinLevel = "informational",
    superseded: Superseded = False,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """List the alerts of the last detection, highest score first; also while others write."""
    from glasshouse.flow_detect import report
    from glasshouse.report.sinks import sink
    from glasshouse.report.terminal import render_for
    from glasshouse.report.write import check_target, write

    chosen, least = sink(form), options.level(min_level, "--min-level")
    check_target(output, force=force)
    options.stop_with_the_reader()
    asked = options.gather("", since, until, None, None, None, opendbs, home, settings=settings)
    shown = options.covered(asked, report(asked, least or 0, superseded))
    write(chosen.render(shown) if output else render_for(chosen, shown, sys.stdout), output, force=force)


@app.command()
def show(
    name: Name,
    form: options.Format = "markdown",
    output: options.Output = None,
    force: options.Force = False,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Show one alert whole: points with their reasons, evidence, what could not be seen."""
    from glasshouse.flow_detect import one, report
    from glasshouse.report.sinks import sink
    from glasshouse.report.write import check_target, write

    chosen = sink(form)
    check_target(output, force=force)
    options.stop_with_the_reader()
    asked = options.gather("", None, None, None, None, None, opendbs, home, settings=settings)
    kept = one(asked, name)
    if kept.state == "superseded":
        options.tell(f"superseded: later lookups made it void{_by(kept.successor)}")
    shown = options.covered(asked, replace(report(asked), alerts=(kept.alert,)))
    write(chosen.render(shown), output, force=force)


def _by(successor: str | None) -> str:
    return f"; it lives on as {successor}" if successor else ""
