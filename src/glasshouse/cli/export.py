"""``glasshouse export``: the name of a platform in; our catalogue and rules in its language out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.errors import UsageError

FormName = Annotated[
    str | None,
    typer.Argument(
        help="sigma, kql, spl, esql, lucene, aql, suricata, zeek-intel or misp-warninglist.", metavar="FORM"
    ),
]
Target = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", help="Folder for one file a rule, or a file for all.", metavar="FOLDER|FILE"
    ),
]
Scope = Annotated[
    list[str] | None,
    typer.Option("--scope", help="core, dual-use or adjacent; may be given again.  [default: core]"),
]
Technique = Annotated[
    list[str] | None,
    typer.Option(
        "--technique", help="Only databases and rules of this technique; may be given again.", metavar="ID"
    ),
]
RuleName = Annotated[
    list[str] | None,
    typer.Option("--rule", help="Only this rule; may be given again.", metavar="NAME"),
]
Shown = Annotated[bool, typer.Option("--list", help="List the forms, and what each cannot say.")]


def export(
    form: FormName = None,
    output: Target = None,
    scope: Scope = None,
    technique: Technique = None,
    rule: RuleName = None,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    force: options.Force = False,
    listed: Shown = False,
    quiet: options.Quiet = False,
) -> None:
    """Write catalogue and rules for other platforms: Sigma, KQL, SPL, Suricata, Zeek, MISP …

    Each file begins with what the platform cannot say of our rule: sliding windows, different databases,
    what is about us.
    """
    from glasshouse.flow_export import Wanted, export, joined, save
    from glasshouse.report.write import write

    if listed:
        _list()
        return
    if form is None:
        raise UsageError("say which form", "export", "see `glasshouse export --list`")
    wanted = Wanted(
        scopes=tuple(dict.fromkeys(scope or ("core",))),
        techniques=tuple(dict.fromkeys(one.upper() for one in technique or ())),
        rules=tuple(dict.fromkeys(rule or ())),
        rule_folders=tuple(rules or ()),
        opendbs=tuple(opendbs or ()),
    )
    files = export(form, wanted)
    if output is None or str(output) == "-":
        write(joined(form, files))
        return
    folder = output.is_dir() or (not output.suffix and not output.is_file())
    written = save(form, files, output, folder, force)
    options.tell(f"{len(written)} {'file' if len(written) == 1 else 'files'} written: {output}", quiet)


def _list() -> None:
    from glasshouse.leaf import forms

    for name, leaf in forms().items():
        typer.echo(f"{name:17} {leaf.TITLE}")
        for lack in leaf.LACKS:
            typer.echo(f"{'':17} - {lack}")
