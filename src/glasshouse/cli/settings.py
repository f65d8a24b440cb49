"""``glasshouse settings``: a settings file in; what holds and where it was set, or what is wrong, out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse import config
from glasshouse.cli import options
from glasshouse.errors import ConfigError, ReadError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.settings import Settings

app = typer.Typer(help="The settings: show, check, init.", no_args_is_help=True)
Sources = Annotated[bool, typer.Option("--sources", help="Also where each was set.")]


@app.command()
def show(sources: Sources = False, home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """Show every setting that holds, as TOML. Secrets are never shown."""
    from glasshouse.report.settings_page import shown

    options.stop_with_the_reader()
    from glasshouse.settings import load, origins

    folder = config.home(home)
    made = load(folder, settings)
    for line in shown(made, origins(folder, settings) if sources else None):
        sys.stdout.write(f"{safe(line)}\n")


@app.command()
def check(home: options.Home = None, settings: options.ConfigFile = None) -> None:
    """Check the settings: keys, ways out, servers, paths, secrets. Exit 3 when something is wrong."""
    from glasshouse.settings import FILE, load

    folder = config.home(home)
    file = settings or folder / FILE
    made = load(folder, settings)
    problems = list(_problems(made))
    for problem in problems:
        sys.stdout.write(f"wrong: {safe(problem)}\n")
    where = str(file) if file.exists() else f"{file} (not there: all defaults)"
    sys.stdout.write(f"{safe(where)}: {len(problems)} problems\n")
    if problems:
        raise typer.Exit(ConfigError.exit_code)


@app.command()
def init(
    force: options.Force = False, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """Write a settings file to begin with: every key as a comment, with its meaning and default."""
    from glasshouse.report.settings_page import first_file
    from glasshouse.report.write import write
    from glasshouse.settings import FILE

    file = settings or config.home(home) / FILE
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write(first_file(), file, force=force)
    options.tell(f"{file} written; glasshouse settings check tells whether it is right")


def _problems(made: Settings) -> Iterator[str]:
    yield from _notify(made)
    yield from _know(made)
    yield from _survey(made)
    yield from _secret(made.office.url, "office.url")
    yield from _office(made.office.url)
    for name, value in (("office.register_days", made.office.register_days), *_days(made)):
        if value < 1:
            yield f"{name} is {value}, and must be 1 or more"


def _days(made: Settings) -> Iterator[tuple[str, int]]:
    kept = made.retention
    yield from (
        ("retention.lookups_days", kept.lookups_days),
        ("retention.baselines_days", kept.baselines_days),
        ("retention.cases_days", kept.cases_days),
        ("retention.audit_days", kept.audit_days),
    )


def _notify(made: Settings) -> Iterator[str]:
    from glasshouse.flow_notify import named, trial
    from glasshouse.verdicts import DECISIONS

    for name, channel in named(made.notify).items():
        yield from (
            f"notify {name}: no decision named {one!r}; one of: {', '.join(DECISIONS)}"
            for one in channel.decisions
            if one not in DECISIONS
        )
        problem = trial(channel)
        if problem:
            yield f"notify {name}: {problem}"


def _know(made: Settings) -> Iterator[str]:
    from glasshouse.know.gather import files
    from glasshouse.leaf import fetchers
    from glasshouse.records import Trouble

    troubles: list[Trouble] = []
    files(made.know.paths, troubles)
    yield from (f"know.paths: {one.where}: {one.reason}" for one in troubles)
    for number, server in enumerate(made.know.fetch):
        where = f"know.fetch[{number}]"
        known = fetchers().get(server.kind)
        if known is None:
            yield f"{where}: no kind of server named {server.kind!r}; one of: {', '.join(fetchers())}"
            continue
        yield from (f"{where}: no option {name}" for name in server.options if name not in known.OPTIONS)
        for name, value in server.options.items():
            yield from _secret(value, f"{where}.{name}")


def _survey(made: Settings) -> Iterator[str]:
    """Collectors there are none of, keys that are not kept elsewhere or are not there, wrong hours."""
    from glasshouse.flow_survey import chosen
    from glasshouse.secret import is_secret
    from glasshouse.survey.signs import Ground, teller

    try:
        chosen(made.survey)
        teller(Ground(owned=lambda _value: None, since=0, now=0, policy=made.survey.policy))
    except ConfigError as problem:
        yield f"{problem.where}: {problem.what}; {problem.next_step}"
    for name, said in made.survey.keys.items():
        if not is_secret(said):
            yield f"survey.keys.{name}: the key stands in the file; keep it elsewhere: ${{env:NAME}}"
        yield from _secret(said, f"survey.keys.{name}")
    for name, number in (("budget", made.survey.budget), ("hours", made.survey.hours)):
        if number < 0:
            yield f"survey.{name} is {number}, and must not be negative"


def _office(url: str) -> Iterator[str]:
    """A URL that is none, or whose driver is not installed; its secret is looked at elsewhere."""
    from glasshouse.office.store import driver

    if url:
        try:
            driver(url)
        except ConfigError as problem:
            yield f"office.url: {problem.what}; {problem.next_step}"
        except ReadError:
            return


def _secret(said: str, where: str) -> Iterator[str]:
    """A reference to a secret that is not there."""
    from glasshouse.errors import ReadError
    from glasshouse.secret import secret

    try:
        secret(said, where)
    except ReadError as problem:
        yield f"{where}: {problem.what}"
