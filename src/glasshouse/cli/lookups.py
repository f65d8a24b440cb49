"""``glasshouse lookups``: logs, or the lake, in; every lookup in them out, one a line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown

if TYPE_CHECKING:
    from glasshouse.records import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glasshouse.config import Options
    from glasshouse.records import Lookup


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        help="Logs: files, folders, globs; - is standard input. Without any: the lake of the home folder.",
        metavar="[PATH]...",
        show_default=False,
    ),
]
Form = Annotated[str, typer.Option("-f", "--format", help="table, jsonl, csv or markdown.", metavar="NAME")]
Databases = Annotated[
    list[str] | None,
    typer.Option("--database", help="Only of this open database; may be given again.", metavar="NAME"),
]
Actors = Annotated[
    list[str] | None,
    typer.Option(
        "--actor", help="Only by this address, host or account; may be given again.", metavar="NAME"
    ),
]


def lookups(
    paths: Paths = None,
    database: Databases = None,
    actor: Actors = None,
    own: options.Own = "",
    form: Form = "table",
    output: options.Output = None,
    force: options.Force = False,
    since: options.Since = None,
    until: options.Until = None,
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
    """List every lookup: who asked which open database what, seen through which log, in order of time."""
    from glasshouse.report.sinks import lookup_sink
    from glasshouse.report.write import check_target, write

    sink = lookup_sink(form)
    check_target(output, force=force, inputs=paths or [])
    options.stop_with_the_reader()
    kept = (quarantine, quarantine_raw, max_unpacked)
    asked = options.gather(
        own, since, until, source, zone, None, opendbs, home, not no_sieve, *kept, settings=settings
    )
    with shown(quiet) as progress:
        found, tally = _shown(paths or [], asked, database or [], actor or [], progress)
    write("".join(sink.lookups(found)), output, force=force)
    _tell_doubts(found, quiet)
    raise typer.Exit(options.finish(tally, quiet, stats))


def _shown(
    paths: list[str], asked: Options, databases: list[str], actors: list[str], progress: options.Told
) -> tuple[list[Lookup], Tally]:
    """The lookups as they may be shown; where names are tokens, actors are asked for by token."""
    if not asked.settings.privacy.pseudonymise:
        return options.covered(asked, _found(paths, asked, databases, actors, progress))
    found, tally = options.covered(asked, _found(paths, asked, databases, [], progress))
    names = {name.lower() for name in actors}
    return [x for x in found if _asked_for(x, databases, names)], tally


def _found(
    paths: list[str], asked: Options, databases: list[str], actors: list[str], progress: options.Told
) -> tuple[list[Lookup], Tally]:
    """The lookups of some logs, or of the lake, narrowed."""
    if not paths:
        from glasshouse.flow_detect import lookups as of_lake
        from glasshouse.records import Tally

        return of_lake(asked, databases, actors), Tally()
    from glasshouse.flow import find

    found, tally, _catalogue = find(paths, asked, progress)
    names = {name.lower() for name in actors}
    return [x for x in found if _asked_for(x, databases, names)], tally


def _asked_for(lookup: Lookup, databases: list[str], actors: set[str]) -> bool:
    said = {part.lower() for part in (lookup.actor.user, lookup.actor.host, lookup.actor.ip) if part}
    return (not databases or lookup.database in databases) and (not actors or bool(said & actors))


def _tell_doubts(found: Sequence[Lookup], quiet: bool) -> None:
    """What is unsure about the lookups listed, and about how many of them."""
    doubts = Counter(lookup.doubt for lookup in found if lookup.doubt)
    for doubt, number in doubts.most_common(5):
        options.tell(f"doubt: {number:,} {'lookup' if number == 1 else 'lookups'}: {doubt}", quiet)
    if any("without zone" in doubt for doubt in doubts):
        options.tell("  next: name the zone of the log, for example --tz Europe/Berlin", quiet)
