"""``glasshouse notify``: notices that wait in; sent, listed, tried again, or a trial sent, out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By
from glasshouse.errors import UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.config import Options

app = typer.Typer(help="Who is told: send, list, retry, test.", no_args_is_help=True)
NOT_ALL = 4
Keys = Annotated[
    list[str] | None, typer.Argument(help="Keys of dead notices, or their beginnings.", metavar="[KEY...]")
]
Channels = Annotated[
    list[str] | None, typer.Argument(help="Names of channels; all otherwise.", metavar="[CHANNEL...]")
]
Every = Annotated[bool, typer.Option("--all", help="All that were given up.")]


@app.command()
def send(
    home: options.Home = None, settings: options.ConfigFile = None, quiet: options.Quiet = False
) -> None:
    """Send the notices that are due. One that fails is tried again, at last after 12 hours, then given up.

    Each goes out at least once; one that comes twice has the same key. Meant to run every minute or after
    each triage. Exit codes: 0 ok, 2 usage, 3 a setting, 4 some could not be sent, 5 cannot read or write.
    """
    from glasshouse.flow_notify import deliver
    from glasshouse.flow_triage import now

    done = deliver(_asked(home, settings), now, lambda said: options.tell(f"warning: {said}", quiet))
    options.tell(
        f"notices: {done.sent} sent, {done.failed} failed, {done.waiting} wait, {done.dead} given up", quiet
    )
    raise typer.Exit(NOT_ALL if done.failed else 0)


@app.command("list")
def list_notices(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """List the notices that wait and those that were given up."""
    from glasshouse.flow_notify import listed
    from glasshouse.report.text import when

    options.stop_with_the_reader()
    found = listed(_asked(home, settings))
    for one in found:
        why = f": {one.why}" if one.why else ""
        due = f"due {when(one.due)}, " if one.state == "waiting" else ""
        said = (
            f"{one.key}  {one.state}  {one.channel}  {one.alert}  {one.decision}  {due}{one.tries} tries{why}"
        )
        sys.stdout.write(f"{safe(said)}\n")
    dead = sum(one.state == "dead" for one in found)
    sys.stdout.write(f"{len(found) - dead} wait, {dead} given up\n")


@app.command()
def retry(
    keys: Keys = None,
    every: Every = False,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Try notices again that were given up."""
    from glasshouse.flow_notify import revive
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    if bool(keys) == every:
        raise UsageError("say which: keys, or --all", "", "glasshouse notify list shows them")
    done = revive(_asked(home, settings), keys or (), audit.who(by), now())
    sys.stdout.write(f"{len(done)} notices wait again; glasshouse notify send\n")


@app.command()
def test(channels: Channels = None, home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """Send a notice that says it is a trial through each channel. Exit 4 when one does not work."""
    from glasshouse.errors import GlasshouseError
    from glasshouse.flow_notify import attempt, named
    from glasshouse.flow_triage import now

    known = named(_asked(home, settings).settings.notify)
    for name in channels or ():
        if name not in known:
            raise UsageError(f"no channel named {name!r}", "", f"one of: {', '.join(known) or 'none is set'}")
    if not known:
        raise UsageError("no channel is set", "", "add [[notify]] to the settings: glasshouse settings init")
    failed = 0
    for name in channels or known:
        try:
            attempt(known[name], name, now())
        except GlasshouseError as problem:
            failed += 1
            sys.stdout.write(f"{safe(f'{name}: {problem.what}; {problem.next_step}')}\n")
        else:
            sys.stdout.write(f"{safe(name)}: sent\n")
    raise typer.Exit(NOT_ALL if failed else 0)


def _asked(home: Path | None, settings: Path | None) -> Options:
    return options.gather("", None, None, None, None, None, None, home, settings=settings)
