"""``glasshouse lint``: rules of other platforms in; their defects out, each with what to write instead."""

from __future__ import annotations

from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.errors import UsageError

Rules = Annotated[
    list[str] | None,
    typer.Argument(
        help="Rules in KQL, SPL, AQL or Sigma: files or folders; - is standard input.", metavar="RULE..."
    ),
]
Format = Annotated[str, typer.Option("-f", "--format", help="text, json or sarif.", metavar="NAME")]
FailOn = Annotated[
    str | None,
    typer.Option("--fail-on", help="Exit code 1 for a defect of this level or worse: note, warning, error."),
]
Shown = Annotated[bool, typer.Option("--list", help="List the kinds of defect, and why each is one.")]


def lint(
    rules: Rules = None,
    format: Format = "text",
    output: options.Output = None,
    force: options.Force = False,
    opendbs: options.DatabaseFolders = None,
    fail_on: FailOn = None,
    listed: Shown = False,
) -> None:
    """Say what is wrong with T1596 rules of any platform: dead names, look-alikes, wrong counts …

    Each defect has line and column, what follows from it on a log line, and what to write instead.
    """
    from glasshouse.flow_lint import LEVELS, lint
    from glasshouse.flow_lint_shown import shown
    from glasshouse.report.write import write

    if listed:
        _list()
        return
    if not rules:
        raise UsageError("say which rules", "lint", "glasshouse lint RULE..., or - for standard input")
    if fail_on is not None and fail_on not in LEVELS:
        raise UsageError(f"no level named {fail_on!r}", "--fail-on", f"one of: {', '.join(LEVELS)}")
    linted = lint(rules, tuple(opendbs or ()))
    write(shown(linted, format), output, force=force)
    for problem in linted.troubles:
        options.tell(f"glasshouse: {problem}")
    if linted.troubles:
        raise typer.Exit(max(problem.exit_code for problem in linted.troubles))
    worst = max((LEVELS.index(one.level) for one in linted.defects if not one.stated), default=-1)
    if fail_on is not None and worst >= LEVELS.index(fail_on):
        raise typer.Exit(1)


def _list() -> None:
    from glasshouse.leaf import lints

    for kind in lints().values():
        typer.echo(f"{kind.CODE:20} {kind.LEVEL:8} {kind.TITLE}\n    {kind.WHY}")
