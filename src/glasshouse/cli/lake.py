"""``glasshouse lake``: a home folder in, its lake checked, repaired, compacted or shortened."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from glasshouse import config
from glasshouse.cli import options
from glasshouse.safe import safe

app = typer.Typer(help="The lake itself: check, repair, compact, expire, files.", no_args_is_help=True)
Older = Annotated[int, typer.Option("--older", help="Age in days.", metavar="DAYS", min=1)]
Small = Annotated[
    int, typer.Option("--from", help="Compact days of so many files or more.", metavar="FILES", min=2)
]


@app.command()
def check(home: options.Home = None) -> None:
    """Compare the files with the database, reading every value. Exit 4 when something is wrong."""
    from glasshouse.lake import care, store

    with store.opened(config.home(home)) as lake:
        found = care.check(lake)
    for problem in found.problems:
        sys.stdout.write(f"{safe(problem.kind)}: {safe(problem.where)}: {safe(problem.said)}\n")
    sys.stdout.write(
        f"{found.files:,} files, {found.lookups:,} lookups, {found.days:,} days: "
        f"{'in order' if not found.problems else f'{len(found.problems):,} wrong; glasshouse lake repair'}\n"
    )
    raise typer.Exit(4 if found.problems else 0)


@app.command()
def repair(home: options.Home = None) -> None:
    """Put right what ``check`` finds; a file it cannot account for is put aside, none is deleted."""
    from glasshouse.lake import care, store

    with store.writing(config.home(home), options.tell) as lake:
        said = care.repair(lake)
    for line in said:
        sys.stdout.write(f"{safe(line)}\n")


@app.command()
def compact(home: options.Home = None, least: Small = 2) -> None:
    """Make one file of the many small ones of a day, and fold in what later records completed."""
    from glasshouse.lake import care, store

    with store.writing(config.home(home), options.tell) as lake:
        before, after, days = care.compact(lake, least)
    sys.stdout.write(f"{days:,} days: {before:,} files became {after:,}\n")


@app.command()
def expire(older: Older, home: options.Home = None) -> None:
    """Forget lookups older than so many days (90 is a good number). Alerts stay, and change no more."""
    from glasshouse.lake import care, store

    with store.writing(config.home(home), options.tell) as lake:
        lookups, days = care.expire(lake, older)
    sys.stdout.write(f"{lookups:,} lookups of {days:,} days removed; their alerts stay\n")


@app.command()
def files(since: options.Since = None, until: options.Until = None, home: options.Home = None) -> None:
    """List the Parquet files that are the lake at this moment, one a line, for other tools to read."""
    from glasshouse.lake import facts, store
    from glasshouse.lake.parquet import Query

    options.stop_with_the_reader()
    with store.opened(config.home(home)) as lake:
        found = facts.files(lake, Query(config.moment(since), config.moment(until)))
    sys.stdout.write("".join(f"{safe(str(file))}\n" for file in found))
