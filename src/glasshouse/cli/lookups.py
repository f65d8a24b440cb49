"""``glasshouse lookups``: logs in, every lookup in them out, one a line."""

from __future__ import annotations

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown


def lookups(
    paths: options.Paths,
    own: options.Own = "",
    form: options.Format = "table",
    output: options.Output = None,
    force: options.Force = False,
    since: options.Since = None,
    until: options.Until = None,
    source: options.SourceName = None,
    zone: options.Zone = None,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    no_sieve: options.NoSieve = False,
    quarantine: options.QuarantineFolder = None,
    quarantine_raw: options.QuarantineRaw = False,
    max_unpacked: options.MaxUnpacked = None,
    stats: options.Stats = False,
    quiet: options.Quiet = False,
) -> None:
    """List every lookup: who asked which open database what, seen through which log, in order of time."""
    from glasshouse.flow import find
    from glasshouse.report.sinks import lookup_sink
    from glasshouse.report.write import check_target, write

    sink = lookup_sink(form)
    check_target(output, force=force)
    options.stop_with_the_reader()
    kept = (quarantine, quarantine_raw, max_unpacked)
    asked = options.gather(own, since, until, source, zone, None, opendbs, home, not no_sieve, *kept)
    with shown(quiet) as progress:
        found, tally, _catalogue = find(paths, asked, progress)
    write("".join(sink.lookups(found)), output, force=force)
    raise typer.Exit(options.finish(tally, quiet, stats))
