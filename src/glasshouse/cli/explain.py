"""``glasshouse explain``: an alert, or a lookup and a rule, in; why it did or did not fire out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from glasshouse.config import Options
    from glasshouse.records import Lookup

What = Annotated[
    str, typer.Argument(help="An alert (GH-…), or a lookup: its record hash (8 digits do) or FILE:POSITION.")
]
Rule = Annotated[str | None, typer.Argument(help="With a lookup: the rule to explain.")]
Logs = Annotated[
    list[str] | None,
    typer.Option("--in", help="The logs to look in; without it, those of the last hunt.", metavar="PATH"),
]


def explain(
    what: What,
    rule: Rule = None,
    logs: Logs = None,
    own: options.Own = "",
    since: options.Since = None,
    until: options.Until = None,
    source: options.SourceName = None,
    zone: options.Zone = None,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Say why an alert fired, or why a rule did or did not fire on one lookup.

    Hunts keep nothing, so the logs are read again: those of the last hunt, or those named with --in.
    """
    from glasshouse.cli.last import recall
    from glasshouse.flow import find
    from glasshouse.safe import safe
    from glasshouse.watch.detect import explain as said
    from glasshouse.watch.detect import load_rules

    if logs:
        paths = logs
        asked = options.gather(own, since, until, source, zone, rules, opendbs, home, settings=settings)
    else:
        paths, asked = recall(home)
    found, tally, _catalogue = find(paths, asked)
    ruleset = load_rules(asked.rules)
    if what.upper().startswith("GH-"):
        lines = said.why_alert(what.upper(), found, ruleset, tally)
    else:
        if rule is None:
            raise UsageError(
                "name the rule to explain",
                next_step=f"glasshouse explain {what} RULE; see glasshouse rules list",
            )
        lines = said.why_lookup(_lookup(what, found), rule, found, ruleset)
    if cover := options.covering(asked):
        cover.learn(found)
        lines = [cover.text(line) for line in lines]
    sys.stdout.write("".join(f"{safe(line)}\n" for line in lines))


def _lookup(what: str, found: list[Lookup]) -> Lookup:
    file, _, position = what.rpartition(":")
    for lookup in found:
        if lookup.record_sha256.startswith(what.lower()) and len(what) >= 8:
            return lookup
        if file and str(lookup.position) == position and lookup.file.endswith(file):
            return lookup
    raise UsageError(
        f"no lookup {what!r} in these logs", next_step="glasshouse lookups PATH -f jsonl lists them"
    )


__all__ = ["Options", "explain"]
