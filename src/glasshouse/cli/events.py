"""``glasshouse events``: logs in, every record as a normalised event out, as JSON lines."""

from __future__ import annotations

import sys

import typer

from glasshouse.cli import options


def events(
    paths: options.Paths,
    source: options.SourceName = None,
    zone: options.Zone = None,
    home: options.Home = None,
    quarantine: options.QuarantineFolder = None,
    quarantine_raw: options.QuarantineRaw = False,
    max_unpacked: options.MaxUnpacked = None,
    stats: options.Stats = False,
    quiet: options.Quiet = False,
) -> None:
    """Show what Glasshouse sees in a log: every record parsed, keys replaced by fingerprints."""
    from glasshouse.flow import masked, normalised
    from glasshouse.records import Tally
    from glasshouse.report.contract import event_json, line

    options.stop_with_the_reader()
    kept = (quarantine, quarantine_raw, max_unpacked)
    asked = options.gather("", None, None, source, zone, None, None, home, True, *kept)
    tally = Tally()
    mask = masked(asked)
    for file, position, event in normalised(paths, asked, tally):
        sys.stdout.write(line({"file": file, "position": position, **event_json(mask(event))}) + "\n")
    raise typer.Exit(options.finish(tally, quiet, stats))
