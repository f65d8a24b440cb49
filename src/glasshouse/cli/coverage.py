"""``glasshouse coverage``: logs, or the lake, in; which ways to ask could be seen, and which not, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.ledger import Ledger
    from glasshouse.records import Tally

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        help="Logs: files, folders, globs; - is standard input. Without any: the lake of the home folder.",
        metavar="[PATH]...",
        show_default=False,
    ),
]
Form = Annotated[
    str,
    typer.Option(
        "-f",
        "--format",
        help="table, json, csv, markdown, navigator, dettect, dettect-sources or requirements.",
        metavar="NAME",
    ),
]
Whole = Annotated[
    bool, typer.Option("--whole", help="Parse large logs as a whole, not their beginnings and ends only.")
]
FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", help="silent: exit 1 when a source fell silent.", metavar="WHAT"),
]
Notify = Annotated[
    bool,
    typer.Option(
        "--notify", help="Queue a notice for each silent source; glasshouse notify send delivers it."
    ),
]


def coverage(
    paths: Paths = None,
    own: options.Own = "",
    form: Form = "table",
    output: options.Output = None,
    force: options.Force = False,
    whole: Whole = False,
    fail_on: FailOn = None,
    notify: Notify = False,
    source: options.SourceName = None,
    zone: options.Zone = None,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    max_unpacked: options.MaxUnpacked = None,
    quiet: options.Quiet = False,
) -> None:
    """Say which lookups could be seen with these logs, which could not, and why; never "covered".

    Exit codes: 0 ok, 1 only with --fail-on, 2 usage, 3 a rule or setting, 4 some input could not be read,
    5 cannot read or write.
    """
    from glasshouse import leaf
    from glasshouse.report.write import check_target, write

    sinks = leaf.coverage_sinks()
    if form not in sinks:
        raise UsageError(f"{form!r} is no form of the ledger", "--format", f"one of: {', '.join(sinks)}")
    if fail_on not in (None, "silent"):
        raise UsageError(f"{fail_on!r} is nothing to fail on", "--fail-on", "silent")
    if notify and paths:
        raise UsageError("logs at hand do not fall silent", "--notify", "leave out PATH: over the lake")
    check_target(output, force=force, inputs=paths or ())
    options.stop_with_the_reader()
    kept = (True, None, False, max_unpacked, settings)
    asked = options.gather(own, None, None, source, zone, rules, opendbs, home, *kept)
    ledger, tally = _ledger(paths, asked, whole, quiet)
    _tell_silent(ledger)
    if notify:
        _queue(asked, ledger, quiet)
    write(sinks[form].render(ledger), output, force=force)
    code = options.finish(tally, quiet, False) if paths else 0
    raise typer.Exit(1 if fail_on and ledger.silent else code)


def _ledger(paths: list[str] | None, asked: Options, whole: bool, quiet: bool) -> tuple[Ledger, Tally]:
    from glasshouse.flow_coverage import of_lake, of_logs

    if not paths:
        return of_lake(asked)
    with shown(quiet) as progress:
        return of_logs(paths, asked, whole, progress)


def _tell_silent(ledger: Ledger) -> None:
    """Told even with --quiet, as ``follow`` does: a source that is silent is as good as an error."""
    for one in ledger.silent:
        options.tell(f"silent: {one.name}: {one.says}")


def _queue(asked: Options, ledger: Ledger, quiet: bool) -> None:
    from glasshouse.flow_coverage_notice import queue_silences

    options.tell(f"notices queued: {queue_silences(asked, ledger):,}", quiet)
