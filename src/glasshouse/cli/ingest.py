"""``glasshouse ingest``: logs in, their new lookups kept in the lake of the home folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown

if TYPE_CHECKING:
    from glasshouse.flow_lake import Ingested

Final = Annotated[
    bool, typer.Option("--final", help="Nothing more comes: read a last line without line end, too.")
]


def ingest(
    paths: options.Paths,
    own: options.Own = "",
    final: Final = False,
    source: options.SourceName = None,
    zone: options.Zone = None,
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
    """Keep what is new in the logs: the same file again adds nothing, a grown file its new part only.

    Exit codes: 0 ok, 2 usage, 3 a setting, 4 some input could not be read, 5 cannot read or write.
    """
    from glasshouse.flow_lake import ingest as run

    kept = (quarantine, quarantine_raw, max_unpacked)
    asked = options.gather(
        own, None, None, source, zone, None, opendbs, home, not no_sieve, *kept, settings=settings
    )
    with shown(quiet) as progress:
        done = run(paths, asked, final, _telling(progress, quiet))
    for line in _said(done):
        options.tell(line, quiet)
    raise typer.Exit(options.finish(done.tally, quiet, stats))


def _telling(progress: options.Told, quiet: bool) -> options.Told:
    """Steps go to the progress line; that another process is waited for is said in any case."""

    def told(step: str) -> None:
        if step.startswith("another glasshouse"):
            options.tell(step, quiet)
        progress(step)

    return told


def _said(done: Ingested) -> list[str]:
    """What was done, in words."""
    logs = [
        f"{number:,} {name}"
        for number, name in (
            (done.new, "new"),
            (done.grown, "grown"),
            (done.replaced, "replaced"),
            (done.unchanged, "unchanged"),
        )
        if number
    ]
    lines = [
        f"logs: {', '.join(logs) or 'none'}",
        f"lookups: {done.added:,} added, {done.found - done.added:,} known before",
    ]
    if done.moved:
        lines.append(f"{done.moved:,} known by content under a new name (rotated or renamed)")
    if done.completed:
        lines.append(f"{done.completed:,} earlier lookups completed by records that came now")
    if done.named:
        lines.append(f"{done.named:,} earlier lookups given the machine that leases name now")
    if done.undone:
        lines.append(f"{done.undone:,} batches of a run that was cut off were undone and read again")
    return lines
