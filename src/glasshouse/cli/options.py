"""The options several commands share: words of the command line in, an Options record out."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from glasshouse.errors import UsageError

if TYPE_CHECKING:  # what runs need is imported when they run: --help stays quick
    from glasshouse.config import Options, Zones
    from glasshouse.records import Tally
    from glasshouse.report.masks import Cover

Paths = Annotated[
    list[str],
    typer.Argument(
        help="Logs: files, folders, globs; - is standard input. Plain, gzip, zstd or bz2.", metavar="PATH..."
    ),
]
Own = Annotated[
    str,
    typer.Option(
        "--own",
        help="What is ours: domains, addresses, networks, AS numbers, organisations, with commas.",
        metavar="LIST",
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since", help='Only from then on: "2026-03-17", "2026-03-17T08:00Z" or "24h".', metavar="TIME"
    ),
]
Until = Annotated[
    str | None, typer.Option("--until", help="Only before then; written as --since.", metavar="TIME")
]
SourceName = Annotated[
    str | None,
    typer.Option("--source", help="Log format of all inputs; found out by itself otherwise.", metavar="NAME"),
]
Zone = Annotated[
    list[str] | None,
    typer.Option(
        "--tz",
        help="Time zone of times that name none: Europe/Berlin, or bind=Europe/Berlin for one log format; "
        "may be given again.",
        metavar="[SOURCE=]ZONE",
    ),
]
QuarantineFolder = Annotated[
    Path | None,
    typer.Option(
        "--quarantine",
        help="Keep records that cannot be read in a private file in this folder, secrets covered.",
        metavar="DIR",
    ),
]
QuarantineRaw = Annotated[
    bool, typer.Option("--quarantine-raw", help="With --quarantine: as they are, keys and passwords and all.")
]
MaxUnpacked = Annotated[
    str | None,
    typer.Option(
        "--max-unpacked",
        help="How much one packed file may unpack to, for example 20GiB; 0 for no limit.  [default: 4GiB]",
        metavar="SIZE",
        show_default=False,
    ),
]
RuleFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules", help="Folder of your own Sigma rules and filters; may be given again.", metavar="DIR"
    ),
]
DatabaseFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--opendbs", help="Folder of your own catalogue entries; may be given again.", metavar="DIR"
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Home folder: the lake and the fingerprint key.",
        metavar="DIR",
        envvar="GLASSHOUSE_HOME",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Settings file.  [default: glasshouse.toml in the home folder]",
        metavar="FILE",
        envvar="GLASSHOUSE_CONFIG",
        show_default=False,
    ),
]
Format = Annotated[
    str,
    typer.Option(
        "-f", "--format", help="table, jsonl, csv, markdown, html, ocsf, stix or misp.", metavar="NAME"
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write to this file instead of standard output.", metavar="FILE"),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the output file.")]
Stats = Annotated[bool, typer.Option("--stats", help="End with one JSON object of counts on standard error.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Nothing on standard error but errors.")]
NoSieve = Annotated[
    bool,
    typer.Option("--no-sieve", help="Parse every record instead of sieving first (slower, same result)."),
]


Told = Callable[[str], None]
Record = TypeVar("Record")


def gather(
    own: str,
    since: str | None,
    until: str | None,
    source: str | None,
    zone: list[str] | None,
    rules: list[Path] | None,
    opendbs: list[Path] | None,
    home: Path | None,
    sieve: bool = True,
    quarantine: Path | None = None,
    quarantine_raw: bool = False,
    max_unpacked: str | None = None,
    settings: Path | None = None,
) -> Options:
    """The options of one run, checked; raises UsageError."""
    from glasshouse import config
    from glasshouse.settings import load

    _check_folders([*(rules or ()), *(opendbs or ())])
    if quarantine_raw and not quarantine:
        raise UsageError("says how to keep records, not where", "--quarantine-raw", "add --quarantine DIR")
    begin, end = config.moment(since), config.moment(until)
    _check_span(begin, end)
    return config.Options(
        own=own,
        since=begin,
        until=end,
        source=source,
        zone=_zones(zone),
        rules=tuple(rules or ()),
        opendbs=tuple(opendbs or ()),
        home=home,
        sieve=sieve,
        quarantine=quarantine,
        quarantine_raw=quarantine_raw,
        max_unpacked=config.octets(max_unpacked),
        settings=load(config.home(home), settings),
        settings_file=settings,
    )


def _check_span(begin: int | None, end: int | None) -> None:
    if begin is not None and end is not None and begin >= end:
        raise UsageError(
            "nothing lies between --since and --until", next_step="name the earlier time with --since"
        )


def _check_folders(folders: list[Path]) -> None:
    for folder in folders:
        if not folder.exists():
            raise UsageError("no such folder", str(folder))


def _zones(said: list[str] | None) -> Zones | None:
    from glasshouse import config

    zones = config.zone(",".join(said)) if said else None
    if zones and zones.single:
        from glasshouse.leaf import source

        for name, _zone in zones.single:
            source(name)
    return zones


def level(said: str | None, option: str) -> int | None:
    """The rank of a level named on the command line; raises UsageError."""
    if said is None:
        return None
    from glasshouse.records import LEVELS

    if said.lower() not in LEVELS:
        raise UsageError(f"no level named {said!r}", option, f"one of: {', '.join(LEVELS)}")
    return [*LEVELS].index(said.lower())  # type: ignore[arg-type]


def covered(asked: Options, record: Record) -> Record:
    """What is about to be shown, or a list of it, as the settings want names to be shown."""
    cover = covering(asked)
    return cover.shown(record) if cover else record


def covering(asked: Options) -> Cover | None:
    """What puts tokens in the place of names; None when the settings show everybody."""
    privacy = asked.settings.privacy
    if not privacy.pseudonymise and _by_environment():
        _note(asked)
    if not (privacy.pseudonymise or privacy.protected):
        return None
    from glasshouse.flow_privacy import cover

    return cover(asked)


def _by_environment() -> bool:
    return any(name.upper() == "GLASSHOUSE__PRIVACY__PSEUDONYMISE" for name in os.environ)


def _note(asked: Options) -> None:
    """Names that the settings cover are about to be shown, because a variable says so."""
    from glasshouse.flow_triage import now
    from glasshouse.flow_unmask import note_uncovered
    from glasshouse.office import audit

    note_uncovered(asked, audit.who(None), now())


def stop_with_the_reader() -> None:
    """End quietly, as Unix tools do, when whoever reads our output goes away (``| head``).

    For commands that only print; one that talks to the network must not call it.
    """
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def tell(said: str, quiet: bool = False) -> None:
    """One line on standard error, with nothing in it that could steer the terminal."""
    from glasshouse.safe import safe

    if not quiet:
        sys.stderr.write(f"{safe(said)}\n")


def on_terminal() -> bool:
    """Whether a progress line may be drawn."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def finish(tally: Tally, quiet: bool, stats: bool) -> int:
    """Tell what could not be read, print the counts if asked; 4 when something could not be read, else 0."""
    from glasshouse.report.contract import line, stats_json

    shown = 10
    for problem in tally.troubles[:shown]:
        place = f"{problem.where}:{problem.position}" if problem.position else problem.where
        tell(f"warning: {place}: {problem.reason}", quiet)
        if problem.next_step:
            tell(f"  next: {problem.next_step}", quiet)
    total = tally.troubles_total
    if total > shown:
        tell(f"warning: {total - shown} more records or files could not be read (--stats counts them)", quiet)
    _tell_quarantined(tally, quiet)
    if tally.relayed:
        tell(
            f"counted once: {tally.relayed:,} lookups that a proxy made for the clients in its own log", quiet
        )
    if stats:
        sys.stderr.write(line(stats_json(tally)) + "\n")
    return 4 if total else 0


def _tell_quarantined(tally: Tally, quiet: bool) -> None:
    records = sum(count.quarantined for count in tally.sources.values())
    if records:
        kept = tally.kept_in if tally.kept_in else "not kept; --quarantine DIR keeps them"
        tell(f"quarantined: {records:,} {'record' if records == 1 else 'records'}: {kept}", quiet)
