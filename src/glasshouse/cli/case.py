"""``glasshouse cases`` and ``glasshouse case``: what people do with a case in, the case and its page out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from glasshouse.config import Options
    from glasshouse.office.cases import Case

app = typer.Typer(
    help="One case: show, open, assign, comment, link, task, decide, close, reopen.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="A case, C-17, or an alert of it, GH-….", metavar="CASE")]
Alerts = Annotated[
    list[str], typer.Argument(help="Alerts, GH-…, or the beginnings of their names.", metavar="ALERT...")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", help="Who does it.  [default: the account that runs this]", metavar="NAME", show_default=False
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words.", metavar="TEXT")]
Title = Annotated[str, typer.Option("--title", help="What it is about.", metavar="TEXT")]
Assignee = Annotated[str | None, typer.Option("--assignee", help="Only those of one person.", metavar="NAME")]
Decision = Annotated[
    str,
    typer.Argument(
        help="close-authorised, close-benign, watch, l1-review, escalate-t2 or contain.", metavar="DECISION"
    ),
]
Kind = Annotated[
    str,
    typer.Option(
        "--as", help="true-positive, benign-positive, false-positive or undetermined.", metavar="KIND"
    ),
]
Code = Annotated[
    str, typer.Option("--code", help="Reason code; a wrong one lists those that fit.", metavar="CODE")
]
Whole = Annotated[
    bool, typer.Option("--full", help="Also every field, every question of the playbooks, the evidence.")
]


def cases(
    every: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    assignee: Assignee = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """List the cases, those to take next first: gravest decision, then highest score, then oldest."""
    from glasshouse.flow_cases import queue
    from glasshouse.report.case_list import render
    from glasshouse.report.terminal import look

    options.stop_with_the_reader()
    width, colour = look(sys.stdout)
    asked = _asked(home, settings)
    lines = options.covered(asked, queue(asked, every, assignee))
    sys.stdout.write(_with_home(render(lines, width, colour=colour), home))


def _with_home(page: str, home: Path | None) -> str:
    """The last line says a command: with the folder that was said."""
    from shlex import quote

    from glasshouse.safe import safe

    begin, next_, last = page.rpartition("Next: ")
    if home is None or not next_:
        return page
    return f"{begin}{next_}{last.rstrip()} --home {safe(quote(str(home)))}\n"


@app.command()
def show(
    name: Name, full: Whole = False, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """Show a case: who, what, about us, allowed, why flagged, what next; then all that is behind it."""
    from glasshouse.flow_cases import pages
    from glasshouse.report.case_page import render
    from glasshouse.report.terminal import look

    options.stop_with_the_reader()
    width, colour = look(sys.stdout)
    asked = _asked(home, settings)
    for number, one in enumerate(options.covered(asked, pages(asked, name))):
        sys.stdout.write("\n" * bool(number) + render(one, width, colour=colour, full=full))


@app.command("open")
def open_case(
    alerts: Alerts,
    title: Title = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Open a case about one alert or several."""
    from glasshouse.office import cases as room

    _do(home, settings, by, lambda conn, who, now: room.open_case(conn, alerts, who, now, title=title))


@app.command()
def assign(
    name: Name,
    to: Annotated[str, typer.Argument(help="Whom to give it to; - for nobody.", metavar="NAME")],
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Give a case to somebody."""
    from glasshouse.office import case_work

    to_whom = None if to == "-" else to
    _do(home, settings, by, lambda conn, who, now: case_work.assign(conn, _of(conn, name), to_whom, who, now))


@app.command()
def comment(
    name: Name,
    text: Annotated[str, typer.Argument(help="What to write.", metavar="TEXT")],
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write into a case."""
    from glasshouse.office import case_work

    _do(home, settings, by, lambda conn, who, now: case_work.comment(conn, _of(conn, name), text, who, now))


@app.command()
def link(
    name: Name, alerts: Alerts, by: By = None, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """Put more alerts into a case."""
    from glasshouse.office import case_work

    _do(home, settings, by, lambda conn, who, now: case_work.link(conn, _of(conn, name), alerts, who, now))


@app.command()
def task(
    name: Name,
    number: Annotated[int, typer.Argument(help="The number of the task on the page.")],
    state: Annotated[str, typer.Argument(help="done, not-needed or to-do.")],
    note: Annotated[str, typer.Option("--note", help="What came of it.", metavar="TEXT")] = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Say that a step of the playbook is done, or not needed."""
    from glasshouse.office import case_work

    _do(
        home,
        settings,
        by,
        lambda conn, who, now: case_work.set_task(conn, _of(conn, name), number, state, note, who, now),
    )


@app.command()
def decide(
    name: Name,
    to: Decision,
    reason: Reason = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Put your decision in place of the table's; closing the case is another step."""
    from glasshouse.office import case_work

    _do(
        home,
        settings,
        by,
        lambda conn, who, now: case_work.override(conn, _of(conn, name), to, reason, who, now),
    )


@app.command()
def close(
    name: Name,
    kind: Kind = "",
    code: Code = "",
    text: Annotated[str, typer.Option("--comment", help="More about it.", metavar="TEXT")] = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Close a case; not without a classification and a reason code."""
    from glasshouse.office import case_work

    _do(
        home,
        settings,
        by,
        lambda conn, who, now: case_work.close(conn, _of(conn, name), kind, code, who, now, text),
    )


@app.command()
def reopen(
    name: Name,
    reason: Reason = "",
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Open a closed case again."""
    from glasshouse.office import case_work

    _do(home, settings, by, lambda conn, who, now: case_work.reopen(conn, _of(conn, name), reason, who, now))


def _asked(home: Path | None, settings: Path | None) -> Options:
    return options.gather("", None, None, None, None, None, None, home, settings=settings)


def _of(conn: Connection, said: str) -> str:
    """The case that is meant: by its name, or by an alert that is in it."""
    from glasshouse.flow_cases import case_named

    return case_named(conn, said).name


def _do(
    home: Path | None, settings: Path | None, by: str | None, act: Callable[[Connection, str, int], Case]
) -> None:
    """One act on a case, and what the case is then."""
    from glasshouse.office import audit
    from glasshouse.safe import safe

    with _office(_asked(home, settings)) as (conn, now):
        done = act(conn, audit.who(by), now)
    words = [done.name, done.state]
    words += [f"{done.classification} ({done.reason_code})"] if done.state == "closed" else []
    words += [f"with {done.assignee}"] if done.assignee else []
    sys.stdout.write(f"{safe(', '.join(words))}\n")


@contextmanager
def _office(asked: Options) -> Iterator[tuple[Connection, int]]:
    from glasshouse import config
    from glasshouse.flow_triage import now
    from glasshouse.office import store, trail

    with store.opened(asked.settings, config.home(asked.home), make=False) as office:
        with office.transaction() as conn:
            yield conn, now()
        trail.head(office, now())
