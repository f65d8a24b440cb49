"""The ``rules`` command: list, show, check and test Sigma rules over lookups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from glasshouse.errors import ConfigError, UsageError
from glasshouse.safe import safe

app = typer.Typer(help="Sigma rules over lookups: list, show, check, test.", no_args_is_help=True)
Folders = Annotated[list[Path], typer.Option("--rules", help="Folder or file with rules of your own.")]
Name = Annotated[str, typer.Argument(help="Name of a rule.")]
Folder = Annotated[Path, typer.Argument(help="Folder or file of your own rules.")]
Format = Annotated[str, typer.Option("--format", "-f", help="table or jsonl.")]


@app.command("list")
def list_rules(rules: Folders = [], format: Format = "table") -> None:  # noqa: B006
    """List the rules that raise alerts: name, points, level, title."""
    from glasshouse.watch.detect import load_rules

    if format not in ("table", "jsonl"):
        raise UsageError(f"unknown format {format!r}", next_step="use -f table or -f jsonl")
    for rule in load_rules(rules).firing:
        status = rule.problem[0] if rule.problem else "ok"
        if format == "jsonl":
            row = {"rule": rule.key, "id": rule.id, "points": rule.points, "level": rule.level}
            typer.echo(json.dumps({**row, "title": rule.title, "tags": rule.tags, "status": status}))
        else:
            mark = "" if status == "ok" else f"  [{status}]"
            typer.echo(
                f"{safe(rule.key):26} {rule.points:>3}  {rule.level:13} {safe(rule.title)}{safe(mark)}"
            )


@app.command()
def show(name: Name, rules: Folders = []) -> None:  # noqa: B006
    """Show one rule: what it means, what it counts, what else could cause it."""
    from glasshouse.watch.detect import load_rules

    rule = load_rules(rules).get(name)
    if rule is None:
        raise UsageError(f"no rule {safe(name)!r}", next_step="see `glasshouse rules list`")
    lines = [
        f"{rule.key}: {rule.title}",
        f"id {rule.id}   points {rule.points}   level {rule.level}",
        rule.description,
    ]
    lines.append(f"reason: {rule.reason}")
    lines += [f"could also be: {text}" for text in rule.falsepositives]
    lines += [f"tags: {', '.join(rule.tags)}", f"file: {rule.file}:{rule.line}"]
    if rule.problem:
        lines.append(f"cannot run: {rule.problem[0]}: {rule.problem[1]}")
    for line in lines:
        typer.echo(safe(line))


@app.command()
def fields() -> None:
    """List the fields that rules may use, with their meaning."""
    from glasshouse.watch.fields import MEANINGS

    for name, meaning in MEANINGS.items():
        typer.echo(f"{name:21} {meaning}")


@app.command()
def check(folder: Folder) -> None:
    """Check rules of your own: every problem with file and line; exit code 3 if there is one."""
    from glasshouse.watch.detect import load

    ruleset, errors = load.check(folder)
    mine = {str(path) for path in load.rule_files(folder)}
    own = [rule for rule in ruleset.rules if rule.file in mine]
    problems = [f"{r.file}:{r.line}: {r.key}: {r.problem[0]}: {r.problem[1]}" for r in own if r.problem]
    problems += [f"{status.rule}: {status.status}: {status.detail}" for status in ruleset.problems]
    problems += [str(error) for error in errors]
    for line in problems:
        typer.echo(safe(line))
    typer.echo(f"{len(own)} rules read, {len(problems)} problems")
    if problems:
        raise typer.Exit(ConfigError.exit_code)


@app.command("test")
def test_rules(
    folder: Annotated[Path, typer.Argument(help="Folder with RULE/fires.jsonl and RULE/quiet.jsonl.")] = Path(
        "tests/examples/rules"
    ),
    rules: Folders = [],  # noqa: B006
) -> None:
    """Run rules on their examples: each must fire where it should and stay quiet elsewhere."""
    from glasshouse.watch.detect import load_rules
    from glasshouse.watch.detect.proof import prove

    if not folder.is_dir():
        raise UsageError(f"no such folder: {folder}", next_step="give a folder with RULE/fires.jsonl in it")
    results = list(prove(folder, load_rules(rules)))
    for result in results:
        typer.echo(
            safe(f"{'ok  ' if result.ok else 'FAIL'} {result.rule}: {result.expected}: {result.situation}")
        )
    failed = sum(not result.ok for result in results)
    typer.echo(f"{len(results)} situations, {failed} failed")
    if failed or not results:
        raise typer.Exit(ConfigError.exit_code)
