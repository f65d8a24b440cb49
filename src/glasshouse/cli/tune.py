"""``glasshouse tune``: an alert in; the narrowest entry or filter for it, and what it would cover, out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from glasshouse.cli import options
from glasshouse.cli.case import By, Reason
from glasshouse.cli.register import Category, From, Owner, Ticket, Till, lines_of
from glasshouse.errors import UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from pathlib import Path

    from glasshouse.config import Options
    from glasshouse.flow_tune import Line, Preview
    from glasshouse.triage.tune import Terms

SHOWN = 20
What = Annotated[
    list[str],
    typer.Argument(help="An alert, GH-…; or undo and the name of an entry.", metavar="ALERT | undo NAME"),
]
Apply = Annotated[bool, typer.Option("--apply/--dry-run", help="Make it so; otherwise it is only shown.")]
Filter = Annotated[
    bool,
    typer.Option("--filter", help="A Sigma filter in the --rules folder, not a register entry."),
]
Escalated = Annotated[
    bool, typer.Option("--even-escalated", help="Also when it covers other alerts that were escalated.")
]


def tune(
    what: What,
    apply: Apply = False,
    sigma: Filter = False,
    owner: Owner = "",
    reason: Reason = "",
    since: From = "",
    until: Till = "",
    category: Category = "other",
    ticket: Ticket = "",
    escalated: Escalated = False,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Propose the narrowest register entry for an alert; show what it would have covered in 90 days.

    A covered alert is kept, and marked as authorised. A filter (--filter) keeps it from being raised at all.
    ``tune undo NAME`` takes either back. Exit codes: 0 ok, 2 usage, 3 a rule or setting, 5 cannot write.
    """
    from glasshouse.flow_triage import now
    from glasshouse.flow_tune_apply import apply as make
    from glasshouse.flow_tune_apply import undo
    from glasshouse.office import audit

    asked = options.gather("", None, None, None, None, rules, opendbs, home, settings=settings)
    moment, folder, who = now(), rules[0] if rules else None, audit.who(by)
    if what[0] == "undo":
        _say(undo(asked, _name(what), reason, folder, who, moment))
        return
    terms = _terms(owner, reason, category, ticket, since, until, moment)
    shown = _shown(asked, what, terms, sigma, folder)
    if not apply:
        _say("Nothing was changed. To make it so: the same with --owner, --reason, --until and --apply")
        return
    if not until:
        raise UsageError("nothing is narrowed without --until", "", "say until when")
    made = make(asked, shown, terms, who, moment, escalated)
    _say(f"{made} holds; {'glasshouse detect' if sigma else 'glasshouse triage'} judges with it")
    _say(f'To take it back: glasshouse tune undo {made}{" --rules DIR" if sigma else ""} --reason "..."')


def _shown(asked: Options, what: Sequence[str], terms: Terms, sigma: bool, folder: Path | None) -> Preview:
    """What it would do, printed."""
    from glasshouse.flow_tune import entry, narrowed

    alert = what[0] if len(what) == 1 else _name(what)
    if sigma and folder is None:
        raise UsageError("a filter needs a folder of rules", "--filter", "add the --rules DIR of detect")
    shown = narrowed(asked, alert, terms, folder) if sigma and folder else entry(asked, alert, terms)
    cover = options.covering(asked)
    if cover:
        cover.learn([shown.alert, *(line.alert for line in (*shown.covered, *shown.others))])
    for line in _page(shown):
        _say(cover.text(line) if cover else line)
    return shown


def _name(what: Sequence[str]) -> str:
    if len(what) != 2 or what[0] != "undo":
        raise UsageError(
            "takes one alert, or undo and one name", " ".join(what[:3]), "glasshouse tune --help"
        )
    return what[1]


def _terms(owner: str, reason: str, category: str, ticket: str, since: str, until: str, now: int) -> Terms:
    from glasshouse.flow_tune import DAY, DAYS
    from glasshouse.know.parse_when import begins, ends
    from glasshouse.known import Category as Categories
    from glasshouse.triage.tune import Terms

    if category not in get_args(Categories):
        raise UsageError(
            f"no category {category!r}", "--category", f"one of: {', '.join(get_args(Categories))}"
        )
    first, last = begins(since) if since else now, ends(until) if until else now + DAYS * DAY
    if first is None or last is None:
        raise UsageError("not a time", "--from or --until", 'write "2026-03-17" or "2026-03-17T08:00Z"')
    return Terms(
        owner=owner.strip(), reason=reason.strip(), category=cast("Categories", category), ticket=ticket,
        since=first, until=last,
    )  # fmt: skip


def _page(shown: Preview) -> Iterator[str]:
    from glasshouse.report.text import when

    yield f"{shown.alert.id}: {shown.alert.summary}"
    if shown.entry is not None:
        yield "Register entry, the narrowest that covers it:"
        yield from lines_of(shown.entry)
        yield from (f"  left open: {note}" for note in shown.notes)
    else:
        yield f"Sigma filter, {shown.file}:"
        yield from (f"  {line}" for line in shown.text.splitlines())
    if shown.missed:
        yield f"It does NOT cover this alert: {shown.missed}"
    verb = "covered" if shown.entry is not None else "hidden"
    yield (
        f"If it had held from {when(shown.since)} to {when(shown.until)}, it would have {verb} "
        f"{len(shown.covered)} of {shown.total} alerts, {len(shown.escalated)} of them escalated."
    )
    yield from _lines("escalated", shown.escalated)
    yield from _lines(verb, [one for one in shown.covered if not one.escalated])
    told = "decided otherwise" if shown.entry is not None else "raised with fewer lookups"
    yield from _lines(told, shown.others)


def _lines(title: str, lines: Sequence[Line]) -> Iterator[str]:
    from glasshouse.verdicts import DECISIONS

    for one in lines[:SHOWN]:
        then = DECISIONS[one.then] if one.then else "not alerted"
        change = (
            DECISIONS[one.decision] if one.then == one.decision else f"{DECISIONS[one.decision]} -> {then}"
        )
        yield f"  {title}: {one.alert.id}  {change}  {one.alert.summary}"
    if len(lines) > SHOWN:
        yield f"  {title}: {len(lines) - SHOWN} more"


def _say(line: str) -> None:
    sys.stdout.write(f"{safe(line)}\n")
