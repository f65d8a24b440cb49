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
    settings: options.ConfigFile = None,
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
    asked = options.gather("", None, None, source, zone, None, None, home, True, *kept, settings=settings)
    tally = Tally()
    mask, cover = masked(asked), options.covering(asked)
    for file, position, event in normalised(paths, asked, tally):
        where, said = file, mask(event)
        if cover:
            one = cover.again()  # knowing everybody in a large log would take too much room
            said, where = one.shown(said), one.text(file, path=True)
        sys.stdout.write(line({"file": where, "position": position, **event_json(said)}) + "\n")
    raise typer.Exit(options.finish(options.covered(asked, tally), quiet, stats))
