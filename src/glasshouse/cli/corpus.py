"""The ``corpus`` command: a folder and a size in, labelled logs with the truth beside them out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.flow_corpus import Made


def corpus(
    folder: Annotated[Path | None, typer.Argument(help="Where to make it.", metavar="FOLDER")] = None,
    seed: Annotated[str, typer.Option("--seed", help="The same seed gives the same bytes.")] = "7",
    people: Annotated[int, typer.Option("--people", min=8, max=20_000, help="How many people.")] = 200,
    servers: Annotated[int, typer.Option("--servers", min=0, max=2_000, help="How many servers.")] = 20,
    days: Annotated[
        int, typer.Option("--days", min=1, max=120, help="How many days, from a Monday on.")
    ] = 21,
    scale: Annotated[
        float, typer.Option("--scale", min=0.0, max=50.0, help="How busy the ordinary traffic is.")
    ] = 1.0,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="This behaviour only; may be given again.", metavar="NAME"),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the behaviours and make nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that is not empty.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Make the logs of an invented company whose every lookup is known: what to measure detection with.

    Ordinary life, look-alikes, allowed use and adversaries, each act in the logs that would have shown it;
    truth.jsonl says what each was. Nothing in it is real.
    """
    from glasshouse import flow_corpus

    if listed:
        for one in flow_corpus.described():
            sys.stdout.write(f"{one.name:24} {one.label:10}  {one.title}\n")
        return
    if folder is None:
        raise UsageError("no folder named", next_step="glasshouse corpus FOLDER, or --list")
    flow_corpus.make_room(folder, force=force)
    size = flow_corpus.Size(
        seed=seed, people=people, servers=servers, days=days, scale=scale, only=tuple(only or ())
    )
    began = time.perf_counter()
    with shown(quiet) as progress:
        made = flow_corpus.corpus(folder, size, progress)
    if not quiet:
        _tell(folder, made, time.perf_counter() - began)


def _tell(folder: Path, made: Made, took: float) -> None:
    for log in made.manifest.logs:
        sys.stdout.write(f"{log.path:42} {log.kind:9} {log.records:10,} records\n")
    total = sum(log.records for log in made.manifest.logs)
    labels = ", ".join(f"{count} {label}" for label, count in made.labels().items())
    sys.stdout.write(f"{total:,} records and {len(made.acts)} acts ({labels}) in {took:.1f} s.\n")
    options.tell(f"next: glasshouse hunt --config {folder}/glasshouse.toml {folder}/logs")
