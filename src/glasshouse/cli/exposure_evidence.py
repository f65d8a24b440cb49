"""The register of what is public and one asset's history in; a sheet, a signed folder, or its check out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By
from glasshouse.cli.exposure_shown import asked, covered
from glasshouse.errors import UsageError
from glasshouse.safe import safe

AssetName = Annotated[str, typer.Argument(help="A name or address.", metavar="ASSET")]
Moment = Annotated[
    str | None,
    typer.Option(
        "--at", help="As of this survey: its number, or -1 for the one before the last.", metavar="N"
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write it, signed, into this new folder.", metavar="DIR"),
]
Verify = Annotated[
    Path | None,
    typer.Option("--verify", help="Check such a folder; needs no home, no network.", metavar="DIR"),
]
Key = Annotated[
    Path | None,
    typer.Option("--key", help="With --verify: the public key, from somebody you trust.", metavar="FILE"),
]


def scope(
    asset: AssetName,
    output: options.Output = None,
    force: options.Force = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write a scoping sheet for incident response: all that was ever seen of one name or address."""
    from glasshouse import flow_scope
    from glasshouse.report.exposed_scope import sheet
    from glasshouse.report.write import check_target, write

    check_target(output, force=force)
    options.stop_with_the_reader()
    wanted = asked(home, settings)
    found = flow_scope.scope(wanted, asset)
    write(sheet(covered(wanted, found, found.changes)), output, force=force)


def register(
    output: Folder = None,
    verify: Verify = None,
    key: Key = None,
    at: Moment = None,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write the register of what is public: owner, approval, first and last seen, last review of each thing.

    With -o it is dated and signed, and verifies offline; without, it goes to standard output as CSV. Exit
    codes of --verify: 0 whole, 1 not whole.
    """
    from glasshouse import config, flow_evidence
    from glasshouse.flow_exposure import now
    from glasshouse.office import audit, signing

    if verify is not None:
        if output is not None or at is not None:
            raise UsageError("checks a folder and writes none", "--verify", "run the two one after the other")
        raise typer.Exit(_verify(verify, key))
    if key is not None:
        raise UsageError(
            "goes with --verify", "--key", "glasshouse exposure register --verify DIR --key FILE"
        )
    wanted = asked(home, settings)
    made = flow_evidence.register(wanted, at)
    made = covered(wanted, made, made.exposure.changes)
    open_ = len(flow_evidence.unapproved(made))
    dim = len(made.exposure.blind)
    counted = f"{len(made.entries):,} things, {open_:,} without approval; {dim:,} not seen wholly"
    if output is None:
        from glasshouse.report.exposed_register import as_csv
        from glasshouse.report.write import write

        options.stop_with_the_reader()
        write(as_csv(made.entries))
        options.tell(f"{counted}; not signed")
        options.tell("  next: glasshouse exposure register -o DIR")
        return
    sha256 = flow_evidence.keep(wanted, made, output, audit.who(by), now())
    public = config.home(home) / signing.PUBLIC
    sys.stdout.write(f"{counted}\nmanifest.json  sha256 {sha256}\n")
    sys.stdout.write(safe(f"  next: glasshouse exposure register --verify {output} --key {public}") + "\n")


def _verify(folder: Path, key: Path | None) -> int:
    from glasshouse import flow_evidence

    found = flow_evidence.verify(folder, key)
    for problem in found.problems:
        sys.stdout.write(safe(f"wrong: {problem}") + "\n")
    sys.stdout.write(
        safe(f"{'whole' if found.whole else 'NOT WHOLE'}: {found.files} files; {found.said}") + "\n"
    )
    if key is None:
        options.tell("the signature was checked with the key that came along, which proves nothing of itself")
        options.tell("  next: add --key audit.pub, from somebody you trust")
    return 0 if found.whole else 1


COMMANDS: dict[str, Callable[..., None]] = {"scope": scope, "register": register}
