"""``glasshouse register``: who may look up what, in; entries listed, added, ended, found unused out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By, Reason
from glasshouse.errors import ConfigError, UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.flow_register import Standing
    from glasshouse.known import Use

app = typer.Typer(
    help="The use register: who may look up what; list, show, add, end, unused, check.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="Id of an entry.", metavar="ENTRY")]
FORMATS = ("table", "jsonl")
WHO = ("accounts", "roles", "departments", "groups", "hosts", "networks", "keys")


EntryFile = Annotated[
    Path | None, typer.Option("--file", help="Take the entries of a YAML or CSV file.", metavar="FILE")
]
Ident = Annotated[str, typer.Option("--id", help="Its name.  [default: the next R-…]", metavar="ID")]
Purpose = Annotated[str, typer.Option("--purpose", help="What for.", metavar="TEXT")]
Category = Annotated[
    str,
    typer.Option(
        "--category",
        help="analyst, exercise, vulnerability-platform, pipeline, asset-management or other.",
        metavar="NAME",
    ),
]
Owner = Annotated[str, typer.Option("--owner", help="Who approved it.", metavar="NAME")]
From = Annotated[
    str, typer.Option("--from", help="From when, a date or time.  [default: now]", metavar="TIME")
]
Till = Annotated[
    str, typer.Option("--until", help="Until when; a bare date includes that day.", metavar="TIME")
]
Who = Annotated[
    list[str] | None,
    typer.Option(
        "--who",
        help="Who: account=, role=, department=, group=, host=, network= or key=, then the name; may be "
        "given again, one of them must hold.",
        metavar="KIND=NAME",
    ),
]
Databases = Annotated[
    list[str] | None,
    typer.Option("--database", help="An open database, T1596.003 or *; may be given again.", metavar="ID"),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target", help="Domain, address, network, AS, own or *; may be given again.", metavar="WORD"
    ),
]
Clients = Annotated[
    list[str] | None,
    typer.Option(
        "--client", help="Only this program or kind of program; may be given again.", metavar="NAME"
    ),
]
PerDay = Annotated[int | None, typer.Option("--per-day", help="Usual requests in a day.", metavar="N", min=1)]
Ticket = Annotated[str, typer.Option("--ticket", help="Number of a ticket.", metavar="ID")]


@app.command("list")
def list_entries(
    every: Annotated[bool, typer.Option("--all", help="Also those that ended or expired.")] = False,
    form: Annotated[str, typer.Option("-f", "--format", help="table or jsonl.", metavar="NAME")] = "table",
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """List the entries that hold, those that end first on top."""
    from glasshouse.flow_register import standing
    from glasshouse.flow_triage import now

    if form not in FORMATS:
        raise UsageError(f"no format named {form!r} here", "--format", f"one of: {', '.join(FORMATS)}")
    options.stop_with_the_reader()
    asked = _asked(home, settings)
    found, troubles = standing(asked, now())
    shown = [one for one in found if every or one.state in ("active", "not yet")]
    names = _covering(asked, [one.use for one in shown])
    for one in shown:
        _say(names(_line(one) if form == "table" else _json(one)))
    if form == "table":
        hidden = len(found) - len(shown)
        _say(f"{len(shown)} entries{f', {hidden} more with --all' if hidden else ''}")
    for problem in troubles:
        options.tell(f"warning: {problem.where}: {problem.reason}")


@app.command()
def show(name: Name, home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """Show one entry whole, with its history if it was made here."""
    from glasshouse.flow_register import one
    from glasshouse.flow_triage import now

    options.stop_with_the_reader()
    asked = _asked(home, settings)
    entry = one(asked, name, now())
    names = _covering(asked, [entry.use])
    _say(f"{entry.use.id}  {entry.state}, {'made here' if entry.made_here else entry.use.origin}")
    for line in lines_of(entry.use):
        _say(names(line))
    for line in entry.history:
        _say(names(f"  {line}"))


@app.command()
def add(
    file: EntryFile = None,
    ident: Ident = "",
    purpose: Purpose = "",
    category: Category = "other",
    owner: Owner = "",
    since: From = "",
    until: Till = "",
    who: Who = None,
    database: Databases = None,
    target: Targets = None,
    client: Clients = None,
    per_day: PerDay = None,
    ticket: Ticket = "",
    reason: Reason = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Add an entry, or those of a file: all or none. Every entry has an end, see office.register_days.

    Exit codes: 0 ok, 2 something is wrong with the entry, 3 a setting, 5 cannot read or write.
    """
    from glasshouse.flow_register import add_all, of_file, of_words
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    moment = now()
    said: dict[str, str | list[str]] = {
        "id": ident, "purpose": purpose, "category": category, "approved_by": owner, "ticket": ticket,
        "valid_from": since or _iso(moment), "valid_until": until, "requests_per_day": str(per_day or ""),
        "databases": database or [], "targets": target or [], "clients": client or [], **_who(who or []),
    }  # fmt: skip
    entries = of_file(file) if file else [of_words({name: one for name, one in said.items() if one})]
    for made in add_all(_asked(home, settings), entries, reason, audit.who(by), moment):
        _say(f"{made.use.id} added: until {_day(made.use.valid_until)}")


def _who(said: list[str]) -> dict[str, str | list[str]]:
    """``account=jdoe`` and its like, by kind."""
    found: dict[str, str | list[str]] = {}
    for one in said:
        kind, sign, word = one.partition("=")
        name = f"{kind.strip().lower().removesuffix('s')}s"
        if not sign or name not in WHO:
            raise UsageError(
                f"{one!r} does not say who",
                "--who",
                "account=, role=, department=, group=, host=, network= or key=",
            )
        found[name] = [*found.get(name, []), word]
    return found


@app.command()
def end(
    name: Name,
    reason: Reason = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """End an entry made here, now: what it covered before stays covered."""
    from glasshouse import flow_register
    from glasshouse.flow_triage import now
    from glasshouse.office import audit

    made = flow_register.end(_asked(home, settings), name, reason, audit.who(by), now())
    _say(f"{made.use.id} ended by {made.ended_by}")


@app.command()
def unused(
    days: Annotated[int, typer.Option("--days", help="How long.", metavar="DAYS", min=1)] = 90,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """List entries that cover no alert of the last days: end them, or ask who needs them."""
    from glasshouse import flow_register
    from glasshouse.flow_triage import now

    options.stop_with_the_reader()
    found = flow_register.unused(_asked(home, settings), days, now())
    for use in found:
        _say(f"{use.id}  until {_day(use.valid_until)}  {use.approved_by}: {use.purpose}  ({use.origin})")
    _say(f"{len(found)} entries cover no alert of the last {days} days")


@app.command()
def check(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """Tell what is wrong with the register, and what ends within 14 days. Exit 3 when something is wrong."""
    from glasshouse.flow_register import ending, standing
    from glasshouse.flow_triage import now

    asked, moment = _asked(home, settings), now()
    found, troubles = standing(asked, moment)
    for use in ending(asked, moment):
        _say(f"ends soon: {use.id}, {_day(use.valid_until)}: {use.purpose} ({use.approved_by})")
    for one in troubles:
        place = f"{one.where}:{one.position}" if one.position else one.where
        _say(f"wrong: {place}: {one.reason}")
    _say(f"{len(found)} entries taken, {len(troubles)} problems")
    if troubles:
        raise typer.Exit(ConfigError.exit_code)


def lines_of(use: Use) -> Iterable[str]:
    """An entry in words, one thing a line."""
    yield f"  what for   {use.purpose} ({use.category})"
    yield f"  approved   {use.approved_by}{f', {use.ticket}' if use.ticket else ''}"
    yield f"  valid      {_day(use.valid_from)} to {_day(use.valid_until)}"
    for name in (*WHO, "databases", "targets", "clients"):
        if words := getattr(use, name):
            yield f"  {name:10} {', '.join(words)}"
    if use.requests_per_day:
        yield f"  usual      {use.requests_per_day:,} requests a day"


def _line(one: Standing) -> str:
    use = one.use
    who = ", ".join(word for name in WHO for word in getattr(use, name))
    where = "made here" if one.made_here else use.origin
    asks = f"{who} may ask {', '.join(use.databases)} about {', '.join(use.targets)}"
    why = f"{use.purpose} ({use.approved_by}; {where})"
    return f"{use.id}  {one.state}, until {_day(use.valid_until)}: {asks}; {why}"


def _json(one: Standing) -> str:
    from dataclasses import asdict

    from glasshouse.report.contract import line

    return line({"state": one.state, "made_here": one.made_here is not None, **asdict(one.use)})


def _covering(asked: Options, uses: Iterable[Use]) -> Callable[[str], str]:
    """What puts tokens in the place of the people and machines of these entries, if the settings say so."""
    cover = options.covering(asked)
    if cover is None:
        return str
    for use in uses:
        for account in use.accounts:
            cover.hide("user", account)
        for host in use.hosts:
            cover.hide("host", host)
    return cover.text


def _asked(home: Path | None, settings: Path | None) -> Options:
    return options.gather("", None, None, None, None, None, None, home, settings=settings)


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1_000_000, UTC).isoformat()


def _day(time: int) -> str:
    from glasshouse.report.text import when

    return when(time)


def _say(line: str) -> None:
    sys.stdout.write(f"{safe(line)}\n")
