"""``glasshouse hunt``: logs in, explained alerts out, nothing kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.records import Report

FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", help="Exit 1 when an alert is of this level or above.", metavar="LEVEL"),
]
MinLevel = Annotated[
    str, typer.Option("--min-level", help="Show alerts of this level or above only.", metavar="LEVEL")
]


def hunt(
    paths: options.Paths,
    own: options.Own = "",
    form: options.Format = "table",
    output: options.Output = None,
    force: options.Force = False,
    since: options.Since = None,
    until: options.Until = None,
    min_level: MinLevel = "informational",
    fail_on: FailOn = None,
    source: options.SourceName = None,
    zone: options.Zone = None,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    no_sieve: options.NoSieve = False,
    quarantine: options.QuarantineFolder = None,
    quarantine_raw: options.QuarantineRaw = False,
    max_unpacked: options.MaxUnpacked = None,
    stats: options.Stats = False,
    quiet: options.Quiet = False,
) -> None:
    """Find who looked up what in which open database, and say why it is an alert.

    Exit codes: 0 ok, 1 only with --fail-on, 2 usage, 3 a rule or setting, 4 some input could not be read,
    5 cannot read or write.
    """
    from glasshouse.report.sinks import sink
    from glasshouse.report.terminal import render_for
    from glasshouse.report.write import check_target, write

    chosen = sink(form)
    least, failing = options.level(min_level, "--min-level"), options.level(fail_on, "--fail-on")
    check_target(output, force=force, inputs=paths)
    options.stop_with_the_reader()
    kept = (not no_sieve, quarantine, quarantine_raw, max_unpacked, settings)
    asked = options.gather(own, since, until, source, zone, rules, opendbs, home, *kept)
    report = options.covered(asked, run(paths, asked, quiet))
    shown_report = _at_least(report, least or 0)
    text = chosen.render(shown_report) if output else render_for(chosen, shown_report, sys.stdout)
    write(text, output, force=force)
    codes = _rule_problems(report, asked, quiet), options.finish(report.tally, quiet, stats)
    failed = failing is not None and bool(_at_least(report, failing).alerts)
    raise typer.Exit(1 if failed else codes[0] or codes[1])


def run(paths: list[str], asked: Options, quiet: bool) -> Report:
    """One hunt with a progress line; what was asked is remembered for ``explain``."""
    from glasshouse.cli.last import remember
    from glasshouse.flow import watch

    with shown(quiet) as progress:
        report = watch(paths, asked, progress)
    remember(paths, asked)
    return report


def _at_least(report: Report, rank: int) -> Report:
    from dataclasses import replace

    from glasshouse.records import LEVELS

    kept = tuple(alert for alert in report.alerts if LEVELS.index(alert.level) >= rank)
    return replace(report, alerts=kept)


def _rule_problems(report: Report, asked: Options, quiet: bool) -> int:
    """Tell which rules could not run; 3 when one of the user's own is among them."""
    code = 0
    for status in report.rule_statuses:
        own = any(Path(status.where.rpartition(":")[0]).is_relative_to(folder) for folder in asked.rules)
        if status.status == "ran" or (not own and status.status.startswith("field")):
            continue
        options.tell(
            f"{status.where}: rule {status.rule} could not run: {status.status}: {status.detail}", quiet
        )
        code = 3
    return code
