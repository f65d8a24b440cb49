"""``glasshouse score``: a labelled corpus in; out how well each detector does on it, and every miss."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.progress import shown
from glasshouse.errors import UsageError

FORMATS = ("table", "json", "markdown")
Folder = Annotated[Path, typer.Argument(help="Folder that `glasshouse corpus` made.", metavar="CORPUS")]
Detectors = Annotated[
    str,
    typer.Option(
        "--detector", help="Which, with commas: ours, rules, sentinel, list, sigma.  [default: all]"
    ),
]
Visibilities = Annotated[
    str,
    typer.Option(
        "--visibility", help="Which logs, with commas: dns, sni, url, endpoint, all.  [default: each]"
    ),
]
Form = Annotated[str, typer.Option("-f", "--format", help="table, json or markdown.", metavar="NAME")]
Misses = Annotated[bool, typer.Option("--misses", help="List every miss and every false alert, with why.")]


def score(
    corpus: Folder,
    detector: Detectors = "",
    visibility: Visibilities = "",
    form: Form = "table",
    misses: Misses = False,
    output: options.Output = None,
    force: options.Force = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure detectors on a labelled corpus: recall, precision, alerts per incident, time to detect.

    Exit codes: 0 ok, 2 usage, 3 a setting, 4 some of it could not be read, 5 none of it could.
    """
    from glasshouse.flow_score import DETECTORS
    from glasshouse.flow_score import score as run
    from glasshouse.proof import measure_words as words
    from glasshouse.proof.measure import Estate
    from glasshouse.proof.measure_truth import VISIBILITIES
    from glasshouse.report.write import check_target, write

    if form not in FORMATS:
        raise UsageError(f"no format named {form!r} here", "--format", f"one of: {', '.join(FORMATS)}")
    check_target(output, force=force)
    options.stop_with_the_reader()
    chosen = _listed(detector) or list(DETECTORS)
    views = _listed(visibility) or list(VISIBILITIES)
    with shown(quiet) as progress:
        scored = run(corpus, chosen, views, progress)
    found, figures = scored.corpus, scored.figures
    if misses:
        text = words.ledger(figures) or "no miss and no false alert\n"
    elif form == "json":
        estate = Estate(found.manifest.people, found.manifest.days)
        text = words.document(figures, estate, found.manifest.seed)
    else:
        text = (words.table if form == "table" else words.markdown)(figures, views)
    write(text, output, force=force)
    for one in scored.troubles[:10]:
        options.tell(f"warning: {one.where}: {one.reason}; the figures may be wrong", quiet)
    raise typer.Exit(4 if scored.troubles else 0)


def _listed(said: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in said.split(",") if one.strip()))
