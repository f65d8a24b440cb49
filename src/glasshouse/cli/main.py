"""The command line: words in, an exit code out; errors are one line with what to do next."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from glasshouse import __version__
from glasshouse.cli import (
    alerts,
    attack,
    audit,
    case,
    contain,
    corpus,
    coverage,
    demo,
    detect,
    doctor,
    events,
    explain,
    export,
    exposure,
    follow,
    hunt,
    ingest,
    know,
    lake,
    lint,
    lookups,
    notify,
    opendbs,
    privacy,
    register,
    rules,
    scenarios,
    score,
    settings,
    survey,
    triage,
    tune,
    unmask,
)
from glasshouse.errors import GlasshouseError

app = typer.Typer(
    name="glasshouse",
    help="Who looks things up in Shodan, Censys, crt.sh, WHOIS, passive DNS …, and about whom? "
    "(MITRE ATT&CK T1596)",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"glasshouse {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


app.command()(hunt.hunt)
app.command()(lookups.lookups)
app.command()(events.events)
app.command()(ingest.ingest)
app.command()(detect.detect)
app.command()(follow.follow)
app.add_typer(alerts.app, name="alerts")
app.add_typer(know.app, name="know")
app.add_typer(survey.app, name="survey")
app.add_typer(exposure.app, name="exposure")
app.command()(triage.triage)
app.command()(case.cases)
app.add_typer(case.app, name="case")
app.command()(tune.tune)
app.command()(contain.contain)
app.add_typer(register.app, name="register")
app.add_typer(notify.app, name="notify")
app.add_typer(audit.app, name="audit")
app.add_typer(privacy.app, name="privacy")
app.add_typer(unmask.app, name="unmask")
app.add_typer(settings.app, name="settings")
app.add_typer(lake.app, name="lake")
app.command()(explain.explain)
app.add_typer(rules.app, name="rules")
app.command()(export.export)
app.command()(lint.lint)
app.add_typer(opendbs.app, name="opendbs")
app.add_typer(scenarios.app, name="scenarios")
app.add_typer(attack.app, name="attack")
app.command()(score.score)
app.command()(coverage.coverage)
app.command()(doctor.doctor)
app.command()(demo.demo)
app.command()(corpus.corpus)


def main() -> None:
    """Run the command line; every expected failure leaves as a message and its exit code."""
    try:
        app()
    except GlasshouseError as problem:
        from glasshouse.cli.options import tell

        where = f"{problem.where}: " if problem.where else ""
        tell(f"glasshouse: {where}{problem.what}")
        if problem.next_step:
            tell(f"  next: {problem.next_step}")
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as problem:
        from glasshouse.cli.options import tell

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        tell(f"glasshouse: cannot write: {problem.strerror or type(problem).__name__}")
        sys.exit(5)
