"""``glasshouse exposure``: what is public about us in; findings, changes, candidates and reports out."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import exposure_decide, exposure_evidence, options
from glasshouse.cli.exposure_shown import asked, exposed
from glasshouse.errors import UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.findings import Exposure, Finding, Tie

app = typer.Typer(
    help="What is public about us: list, show, diff, unknown, scope, register, and what people decide.",
    no_args_is_help=True,
)
Moment = Annotated[
    str | None,
    typer.Option(
        "--at", help="As of this survey: its number, or -1 for the one before the last.", metavar="N"
    ),
]
Since = Annotated[
    str | None,
    typer.Option("--since", help="Compared with this survey.  [default: the one before]", metavar="N"),
]
Format = Annotated[
    str,
    typer.Option(
        "-f",
        "--format",
        help="table, html, markdown, csv, json, ocsf, sarif, defectdojo, servicenow or jira.",
        metavar="NAME",
    ),
]
Short = Annotated[str, typer.Option("-f", "--format", help="table or json.", metavar="NAME")]
Open = Annotated[bool, typer.Option("--all", help="Also findings whose risk was accepted.")]
FindingOrAsset = Annotated[
    str, typer.Argument(help="A finding, F-…, or a name or address of ours.", metavar="FINDING|ASSET")
]


@app.command("list")
def list_findings(
    form: Format = "table",
    output: options.Output = None,
    force: options.Force = False,
    at: Moment = None,
    since: Since = None,
    everything: Open = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Show what is revealed, what changed without approval and what to do first; or write a report of it.

    The formats for other tools say of each finding whether its risk was accepted.
    """
    from glasshouse import leaf
    from glasshouse.report.write import check_target, write

    sinks = leaf.exposure_sinks()
    if form not in sinks:
        raise UsageError(f"no format {form}", "--format", f"one of: {', '.join(sinks)}")
    check_target(output, force=force)
    options.stop_with_the_reader()
    found = exposed(asked(home, settings), at, since)
    page = sinks[form].render(found if everything or form != "csv" else _open(found))
    write(page + (_accepted(found) if everything and form == "table" else ""), output, force=force)


def _open(found: Exposure) -> Exposure:
    from dataclasses import replace

    return replace(found, findings=tuple(one for one in found.findings if one.state == "open"))


def _accepted(found: Exposure) -> str:
    lines = [
        f"  {one.id}  {one.title}: {one.about}; {one.state_says}"
        for one in found.findings
        if one.state == "accepted"
    ]
    return "".join(f"{safe(line)}\n" for line in ("", f"Risks that are borne ({len(lines)})", *lines))


@app.command()
def show(
    name: FindingOrAsset, at: Moment = None, home: options.Home = None, settings: options.ConfigFile = None
) -> None:
    """Show a finding whole: why, what reduces it, whose it is, what it rests on; or all about an asset."""
    from glasshouse.report import exposed_page
    from glasshouse.report import exposed_words as words
    from glasshouse.report.terminal import look

    options.stop_with_the_reader()
    found = exposed(asked(home, settings), at)
    pages = _meant(found, name, home, settings)
    width, colour = look(sys.stdout)
    for number, one in enumerate(pages):
        sys.stdout.write("\n" * bool(number) + exposed_page.page(one, width, colour=colour, home=found.home))
    if not pages:
        sys.stdout.write(safe(f"no finding about {name} in what could be seen") + "\n")
    if not pages and found.blind:
        sys.stdout.write(f"  {words.dim(found)}; glasshouse exposure list names them\n")


def _meant(found: Exposure, name: str, home: Path | None, settings: Path | None) -> list[Finding]:
    """The finding that is named, or those about what is named; UsageError when it is nothing of ours."""
    from glasshouse.flow_scope import about, ours

    said = name.strip().casefold()
    if not said:
        raise UsageError("names nothing", "FINDING", "glasshouse exposure list shows what is found")
    if said.startswith("f-"):
        same = [one for one in found.findings if one.id.casefold() == said]
        some = same or [one for one in found.findings if one.id.casefold().startswith(said)]
        if len(some) != 1:
            what = f"{name} begins {len(some)} findings" if some else f"no finding {name}"
            raise UsageError(what, "", "glasshouse exposure list -f csv shows them")
        return some
    pages = about(found, name)
    if not pages and ours(asked(home, settings), name) is None:
        raise UsageError(
            f"{name} is no finding and nothing of ours", "", "glasshouse exposure list shows what is found"
        )
    return pages


@app.command()
def diff(
    form: Short = "table",
    output: options.Output = None,
    force: options.Force = False,
    at: Moment = None,
    since: Since = None,
    everything: Annotated[bool, typer.Option("--all", help="All changes, however many.")] = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Show what is new, changed and gone between two surveys, by asset and database, and if approved."""
    from glasshouse.report import exposed_changes
    from glasshouse.report.exposed_facts import iso
    from glasshouse.report.exposed_json import jsonable, written
    from glasshouse.report.write import check_target, write

    _check_format(form)
    check_target(output, force=force)
    options.stop_with_the_reader()
    found = exposed(asked(home, settings), at, since)
    if form == "table":
        write(exposed_changes.changes(found, everything=everything), output, force=force)
        return
    said = {"at": iso(found.at), "before": iso(found.before), "changes": found.changes, "blind": found.blind}
    write(written(jsonable(said), indent=True) + "\n", output, force=force)


@app.command()
def unknown(
    form: Short = "table",
    everything: Annotated[bool, typer.Option("--all", help="Also those found not to be ours.")] = False,
    at: Moment = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """List names and addresses that tie to us and are in no inventory: why, and the command for each answer.

    Nothing is asked about them until they are adopted.
    """
    from glasshouse.report import exposed_words as words
    from glasshouse.report.exposed_facts import iso
    from glasshouse.report.exposed_json import jsonable, written

    _check_format(form)
    options.stop_with_the_reader()
    found = exposed(asked(home, settings), at)
    ties = [one for one in found.ties if everything or one.state == "candidate"]
    if form == "json":
        sys.stdout.write(written(jsonable({"at": iso(found.at), "candidates": ties}), indent=True) + "\n")
        return
    for one in ties:
        sys.stdout.write("".join(f"{safe(line)}\n" for line in _candidate(one, home)))
    dim = f"; {words.dim(found)}" if found.blind else ""
    sys.stdout.write(f"{len(ties)} names and addresses tie to us and are in no inventory{dim}\n")


def _candidate(one: Tie, home: Path | None) -> list[str]:
    at = f" --home {quote(str(home))}" if home else ""
    state = "" if one.state == "candidate" else f", {one.state}"
    command = f"glasshouse exposure {{}} {quote(one.value)}{{}} --reason WHY{at}"
    return [
        f"{one.value}  {one.type}, {one.strength} of 100{state}",
        *(f"  {line}" for line in one.chain),
        f"  ours?      {command.format('adopt', ' --owner WHO')}",
        f"  not ours?  {command.format('disown', '')}",
        "",
    ]


def _check_format(form: str) -> None:
    if form not in ("table", "json"):
        raise UsageError(f"no format {form} here", "--format", "one of: table, json")


for _name, _command in (*exposure_evidence.COMMANDS.items(), *exposure_decide.COMMANDS.items()):
    app.command(_name)(_command)
