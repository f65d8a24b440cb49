"""``glasshouse unmask``: a token in; who it is out, for one case, with a second person's approval."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By, Reason

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.office.unmask import Request

app = typer.Typer(
    help="See who a token stands for: request, approve, refuse, show, list.", no_args_is_help=True
)
Token = Annotated[str, typer.Argument(help="What is shown in the place of a name.", metavar="TOKEN")]
Name = Annotated[str, typer.Argument(help="A request, U-3.", metavar="REQUEST")]
CaseName = Annotated[
    str, typer.Option("--case", help="The open case it is needed for, C-17.", metavar="CASE")
]
Glass = Annotated[
    bool,
    typer.Option(
        "--break-glass", help="See it at once; the privacy officer is told, and a second person confirms."
    ),
]


@app.command()
def request(
    token: Token,
    case: CaseName,
    reason: Reason = "",
    break_glass: Glass = False,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Ask to see who a token of a case stands for. Somebody else approves it."""
    from glasshouse import flow_unmask
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    asked = _asked(home, settings)
    _say(flow_unmask.ask(asked, token, case, reason, audit.who(by), now(), break_glass))


@app.command()
def approve(
    name: Name, by: By = None, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """Allow a request of somebody else, for as long as privacy.unmask_hours says."""
    from glasshouse import flow_unmask
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    _say(flow_unmask.approve(_asked(home, settings), name, audit.who(by), now()))


@app.command()
def refuse(name: Name, by: By = None, home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """Refuse a request; a break-glass ends at once."""
    from glasshouse import flow_unmask
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    _say(flow_unmask.refuse(_asked(home, settings), name, audit.who(by), now()))


@app.command()
def show(
    token: Token,
    case: CaseName,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Show who a token stands for, to whom asked, while it is allowed; each look is in the audit trail."""
    from glasshouse import flow_unmask
    from glasshouse.flow_triage import now
    from glasshouse.office import audit
    from glasshouse.report.text import when
    from glasshouse.safe import safe

    used, one = flow_unmask.show(_asked(home, settings), token, case, audit.who(by), now())
    sys.stdout.write(f"{token}: {safe(', '.join(one.names))}\n")
    options.tell(f"{used.name}, until {when(used.until)}")


@app.command("list")
def list_requests(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """List the requests, the newest first: who asked, for which case, who approved, until when."""
    from glasshouse import flow_unmask
    from glasshouse.flow_triage import now

    options.stop_with_the_reader()
    for one in flow_unmask.listed(_asked(home, settings), now()):
        _say(one)


def _say(one: Request) -> None:
    from glasshouse.office.cases import name_of
    from glasshouse.report.text import count, when
    from glasshouse.safe import safe

    words = [one.name, one.token, name_of(one.case_number), f"by {one.requester}", one.state]
    words += [f"decided by {one.decided_by}"] if one.decided_by else []
    words += [f"until {when(one.until)}"] if one.state not in ("refused", "ended") else []
    words += [count(one.views, "look")] if one.views else []
    sys.stdout.write(f"{safe(', '.join(words))}\n")
    if one.state == "asked":
        options.tell(f"  next: somebody else says glasshouse unmask approve {one.name}")


def _asked(home: Path | None, settings: Path | None) -> Options:
    return options.gather("", None, None, None, None, None, None, home, settings=settings)
