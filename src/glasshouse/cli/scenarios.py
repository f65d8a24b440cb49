"""The command ``glasshouse scenarios``: shipped scenarios in, lists and Atomic Red Team files out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options

if TYPE_CHECKING:
    from glasshouse.scenario import Scenario

app = typer.Typer(
    help="Behaviours to run on a machine of your own, and what must be seen of them.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(help="Id of a scenario.")]
Names = Annotated[list[str] | None, typer.Argument(help="Ids of scenarios; all without any.")]
Form = Annotated[str, typer.Option("-f", "--format", help="table or jsonl.")]
Folder = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder for TECHNIQUE/TECHNIQUE.yaml files.", metavar="DIR"),
]


@app.command("list")
def list_(form: Form = "table") -> None:
    """List the scenarios: id, technique, the logs that show it, title."""
    import json

    from glasshouse.errors import UsageError
    from glasshouse.safe import safe
    from glasshouse.scenario import load

    if form not in ("table", "jsonl"):
        raise UsageError(f"no format named {form!r}", next_step="one of: table, jsonl")
    options.stop_with_the_reader()
    for each in load().values():
        kinds = [sign.kind for sign in each.telemetry]
        if form == "table":
            typer.echo(safe(f"{each.id:24} {each.technique:10} {','.join(kinds):30} {each.title}"))
            continue
        row = {"id": each.id, "technique": each.technique, "group": each.group, "title": each.title}
        more = {"platforms": each.platforms, "client": each.client, "telemetry": kinds}
        typer.echo(json.dumps({**row, **more}))


@app.command()
def show(name: Name) -> None:
    """Show one scenario: what to run, what each kind of log shows of it, which alert must appear."""
    from glasshouse.safe import safe
    from glasshouse.scenario import one

    for line in _told(one(name)):
        typer.echo(safe(line))


def _told(scenario: Scenario) -> list[str]:
    from glasshouse.flow_scenarios import expected, guid

    lines = [f"{scenario.id}: {scenario.title}", f"technique {scenario.technique}   guid {guid(scenario)}"]
    lines += [f"platforms: {', '.join(scenario.platforms)}", *scenario.description.splitlines(), ""]
    lines += [f"input {each.name} = {each.default}: {each.description}" for each in scenario.inputs]
    lines += [f"needs: {each.description}; {each.get}" for each in scenario.needs]
    lines += ["", f"run ({scenario.executor}):", *_indented(scenario.filled(scenario.command))]
    if scenario.cleanup:
        lines += ["clean up:", *_indented(scenario.filled(scenario.cleanup))]
    lines += ["", "what the logs show:"]
    for sign in scenario.telemetry:
        alone = f" [alone: {sign.level}: {', '.join(sign.rules)}]" if sign.level else ""
        lines.append(f"  {sign.kind:8} {sign.shows}{alone}")
    lines.append(f"expected alert: {expected(scenario)}")
    if scenario.own:
        lines.append(f"hunt with: --own {scenario.own}")
    if scenario.played_by:
        lines.append(f"in the tests: {scenario.played_by}")
    return lines


def _indented(text: str) -> list[str]:
    return [f"    {line}" for line in text.splitlines()]


@app.command()
def check(
    name: Name,
    paths: options.Paths,
    own: options.Own = "",
    since: options.Since = None,
    until: options.Until = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Hunt the logs of a run of yours: was it seen in each kind of log, did the alert appear? Else exit 1."""
    from glasshouse.flow_scenarios import check as checked
    from glasshouse.safe import safe
    from glasshouse.scenario import one

    scenario = one(name)
    asked = options.gather(own or scenario.own, since, until, None, None, None, None, home, settings=settings)
    found, tally = checked(scenario, paths, asked)
    marks = {True: "seen    ", False: "MISSING ", None: "not told"}
    for each in found:
        typer.echo(safe(f"{marks[each.ok]} {each.what:8} {each.said}"))
    code = options.finish(tally, False, False)
    if not all(each.ok is not False for each in found):
        raise typer.Exit(1)
    if code:
        raise typer.Exit(code)


@app.command()
def export(
    names: Names = None,
    atomic: Annotated[bool, typer.Option("--atomic", help="As Atomic Red Team tests.")] = False,
    output: Folder = None,
    force: options.Force = False,
) -> None:
    """Write scenarios as Atomic Red Team tests: one YAML file a technique, or all to standard output."""
    from glasshouse.errors import ReadError, UsageError
    from glasshouse.flow_scenarios import atomics, chosen
    from glasshouse.report.write import check_target, write
    from glasshouse.scenario import load

    if not atomic:
        raise UsageError("no form to export to", next_step="add --atomic")
    files = atomics(chosen(load(), names or ()))
    if output is None:
        write("".join(f"---\n{text}" for text in files.values()))
        return
    targets = {technique: output / technique / f"{technique}.yaml" for technique in files}
    for target in targets.values():
        check_target(target, force=force)
    for technique, text in files.items():
        try:
            targets[technique].parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise ReadError(f"cannot be made: {problem.strerror}", str(output), "choose a folder") from None
        write(text, targets[technique], force=force)
        options.tell(f"wrote {targets[technique]}")
