"""``glasshouse know``: what we know of ourselves, counted and checked; servers asked; who had an address."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse import parse
from glasshouse.cli import options
from glasshouse.cli.progress import shown
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.records import Trouble

app = typer.Typer(help="What we know of ourselves: check, fetch, who had an address.", no_args_is_help=True)
DAY = 86_400_000_000
Address = Annotated[str, typer.Argument(help="An address, IPv4 or IPv6.", metavar="ADDRESS")]
At = Annotated[
    str | None, typer.Option("--at", help="At that time; else all of it.", metavar="TIME", show_default=False)
]


@app.command()
def check(
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Read all that know.paths and know.fetch name; say what each gives and what is wrong with it.

    Exit codes: 0 ok, 3 a setting, 4 something could not be read.
    """
    from glasshouse.flow_know import check as run
    from glasshouse.safe import safe

    options.stop_with_the_reader()
    asked = options.gather("", None, None, None, None, None, opendbs, home, settings=settings)
    found, troubles = run(asked)
    for one in found:
        said = ", ".join(f"{number:,} {name}" for name, number in one.counts) or "nothing"
        sys.stdout.write(f"{safe(one.where)}: {said}\n")
    if not found:
        sys.stdout.write("nothing is known: name files in know.paths of the settings\n")
    _tell(troubles)
    raise typer.Exit(4 if troubles else 0)


@app.command()
def fetch(
    home: options.Home = None, settings: options.ConfigFile = None, quiet: options.Quiet = False
) -> None:
    """Ask the servers that know.fetch names, and keep what they say; nothing else asks them.

    Of one that cannot be asked the last answer stays. Exit codes: 0 ok, 3 a setting, 5 one was not asked.
    """
    from glasshouse.flow_know import fetch as run
    from glasshouse.safe import safe

    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    if not asked.settings.know.fetch:
        raise UsageError("the settings name no server", "know.fetch", "docs/reference/knowledge.md shows how")
    failed = False
    with shown(quiet) as progress:
        for one in run(asked, progress):
            state = "kept" if one.kept else "not asked; the last answer stays"
            sys.stdout.write(f"{safe(one.where)}: {one.facts:,} facts, {state}\n")
            _tell(one.troubles)
            failed = failed or not one.kept
    raise typer.Exit(5 if failed else 0)


@app.command()
def who(
    address: Address, at: At = None, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """Say which machine had an address when, by the leases that are known."""
    from glasshouse import config
    from glasshouse.flow_know import who as run
    from glasshouse.report.text import when
    from glasshouse.safe import safe

    options.stop_with_the_reader()
    if parse.address(address) is None:
        raise UsageError(f"{address!r} is no address", "", "write 192.0.2.1 or 2001:db8::1")
    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    if options.covering(asked) is not None:
        raise UsageError(
            "names are shown as tokens here, and this shows who had an address",
            next_step="glasshouse unmask request TOKEN --case C-… --reason …",
        )
    moment = config.moment(at)
    low, high = (-(2**62), 2**62) if moment is None else (moment, moment)
    found = run(asked, address, low, high)
    for one in found:
        until = when(one.until) if one.until is not None else "now"
        names = ", ".join(filter(None, (one.host, one.account, one.hardware))) or "nobody named"
        sys.stdout.write(f"{when(one.since)} to {until}: {safe(names)} ({safe(one.origin)})\n")
    if not found:
        options.tell("no lease says who had it")
        raise typer.Exit(1)


def _tell(troubles: Sequence[Trouble]) -> None:
    for one in troubles[:20]:
        place = f"{one.where}:{one.position}" if one.position else one.where
        step = f"\n  next: {one.next_step}" if one.next_step else ""
        for line in f"warning: {place}: {one.reason}{step}".split("\n"):
            options.tell(line)
    if len(troubles) > 20:
        options.tell(f"warning: {len(troubles) - 20:,} more")
