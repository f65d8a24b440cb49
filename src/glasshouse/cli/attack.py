"""The ``attack`` command: releases of MITRE ATT&CK in; pages, history and our own analytics out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.errors import UsageError

app = typer.Typer(
    help="What MITRE ATT&CK says of T1596, release by release; our detections in its form.",
    no_args_is_help=True,
)
Bundles = Annotated[
    list[str], typer.Argument(help="STIX 2.0 or 2.1 bundles of Enterprise ATT&CK.", metavar="BUNDLE...")
]
Form = Annotated[str, typer.Option("-f", "--format", help="text or json.")]


@app.command("import")
def import_(
    bundles: Bundles,
    release: Annotated[
        str | None, typer.Option("--release", help="Of which release, where the bundle does not say: 18.1.")
    ] = None,
    home: options.Home = None,
) -> None:
    """Keep what bundles say of T1596 and its sub-techniques; everything else in them is passed over."""
    from glasshouse import config, flow_attack

    for found, path, new in flow_attack.bring_in(config.home(home), bundles, release):
        odd = f"; {found.odd} entries are no STIX objects" if found.odd else ""
        counts = f"{len(found.techniques())} techniques, {len(found.things)} objects"
        kept = "kept in" if new else "unchanged in"
        _say([f"ATT&CK {found.version}: {counts}, {len(found.links)} relationships{odd}; {kept} {path}"])
    _say([found.notice])


@app.command()
def show(
    attack_id: Annotated[str, typer.Argument(help="T1596.002, M1056, G0094, DET0831 …", metavar="ID")],
    release: Annotated[str | None, typer.Option("--release", help="As of that release.")] = None,
    home: options.Home = None,
) -> None:
    """Show one object: text, relations, mitigations, who uses it, how it is detected, and what is ours."""
    from glasshouse import config, flow_attack
    from glasshouse.attack.page import page

    _say(page(*flow_attack.shown(config.home(home), attack_id, release)))


@app.command()
def history(
    attack_id: Annotated[str | None, typer.Argument(help="Only that object.", metavar="[ID]")] = None,
    every: Annotated[bool, typer.Option("--all", help="Objects that did not change, too.")] = False,
    form: Form = "text",
    home: options.Home = None,
) -> None:
    """Show version and hash of each object per imported release, and which fields changed."""
    import dataclasses

    from glasshouse import config, flow_attack
    from glasshouse.attack.page import story

    if form not in ("text", "json"):
        raise UsageError(f"no format named {form!r}", next_step="one of: text, json")
    releases, found = flow_attack.history(config.home(home), attack_id)
    if form == "json":
        typer.echo(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
    else:
        _say([*story(found, releases, every), "", releases[-1].notice])


@app.command("export-analytics")
def export_analytics(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write our rules as ATT&CK detection strategies and analytics (STIX 2.1)."""
    from glasshouse import flow_attack
    from glasshouse.report.write import check_target, write

    check_target(output, force=force)
    write(flow_attack.exported(), output, force=force)


def _say(lines: Iterable[str]) -> None:
    from glasshouse.safe import safe

    for line in lines:
        typer.echo(safe(line))
