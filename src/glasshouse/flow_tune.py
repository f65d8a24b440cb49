"""An alert in; an entry or filter that covers it, and what that would have changed in 90 days, out."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_detect import detected, judge_for
from glasshouse.flow_register import techniques
from glasshouse.flow_triage import Desk, desk_for, judge
from glasshouse.know.background import Knowledge, background
from glasshouse.know.register import Register
from glasshouse.known import Background, Use, UseCheck
from glasshouse.lake import alerts
from glasshouse.lake import store as lake_store
from glasshouse.office import cases, kept, store
from glasshouse.office.kept import Kept
from glasshouse.records import Alert
from glasshouse.report.write import write
from glasshouse.triage import tune
from glasshouse.triage.tune import Terms
from glasshouse.verdicts import DecisionName, Episode, Triaged

DAYS = 90
DAY = 86_400_000_000
EVER = (0, 253_370_764_800_000_000)  # 1970 to 9999: whatever a log can show
TRIAL = "this entry"  # the id of an entry that is not made yet
ESCALATED: tuple[DecisionName, ...] = ("escalate-t2", "contain")


@dataclass(frozen=True, slots=True)
class Line:
    """One alert that would be another: ``escalated`` when it was, or its case is a true positive."""

    alert: Alert
    decision: DecisionName  # that holds
    then: DecisionName | None  # what the table would say; None: it would not be raised
    escalated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a narrowing would have done if it had held for 90 days, judged anew and not estimated."""

    alert: Alert
    since: int
    until: int
    total: int
    covered: tuple[Line, ...] = ()
    others: tuple[Line, ...] = ()  # not covered, but decided otherwise, or raised with fewer lookups
    missed: str = ""  # why it does not cover the alert itself
    entry: Use | None = None
    notes: tuple[str, ...] = ()
    file: Path | None = None
    text: str = ""  # of the filter

    @property
    def escalated(self) -> tuple[Line, ...]:
        """Those covered that somebody had to look at closer."""
        return tuple(one for one in self.covered if one.escalated)


def entry(options: Options, said: str, terms: Terms) -> Preview:
    """The narrowest register entry for an alert, with the last 90 days judged as if it had held."""
    with store.opened(options.settings, config.home(options.home), make=False) as office:
        desk = desk_for(options, office)
        with office.reading() as conn:
            one, every, since, until = _asked(conn, said)
            true = _true_positives(conn, every)
    episode = one.triaged.episode
    proposal = tune.propose(episode, _ours(desk, episode), options.settings.triage, terms)
    trial = replace(proposal.use, id=TRIAL, valid_from=EVER[0], valid_until=EVER[1])
    with_it = replace(desk, known=_with(desk.known, trial, options))
    covered, others = [], []
    for other in every:
        line, covers = _compared(other, desk, with_it, true)
        if covers:
            covered.append(line)
        elif line.then != line.decision and other.override is None:
            others.append(line)
    return Preview(
        alert=one.alert, since=since, until=until, total=len(every), covered=tuple(covered),
        others=tuple(others), missed=_missed(with_it, episode), entry=proposal.use, notes=proposal.notes,
    )  # fmt: skip


def _asked(conn: Connection, said: str) -> tuple[Kept, tuple[Kept, ...], int, int]:
    """The alert, and those of the 90 days up to the newest."""
    one = kept.get(conn, said)
    until = max(other.last for other in kept.listed(conn))
    since = min(until - DAYS * DAY, one.first)
    return one, kept.listed(conn, since=since), since, until


def _true_positives(conn: Connection, every: Sequence[Kept]) -> set[int]:
    numbers = {one.case for one in every if one.case is not None}
    return {case.number for case in cases.listed(conn) if case.classification == "true-positive"} & numbers


def _ours(desk: Desk, episode: Episode) -> set[str]:
    return {hit.target for hit in _background(desk, episode).assets}


def _background(desk: Desk, episode: Episode) -> Background:
    limits = desk.options.settings.triage
    return background(desk.known, episode, desk.now, limits.overuse, limits.change_hours)


def _with(known: Knowledge, use: Use, options: Options) -> Knowledge:
    """Our knowledge with one entry more."""
    every = (*known.uses, use)
    return replace(
        known,
        register=Register(every, techniques(options), known.domains),
        uses=every,
        has=known.has | {"uses"},
    )


def _check(desk: Desk, episode: Episode) -> UseCheck | None:
    found = [one for one in _background(desk, episode).uses if one.use.id == TRIAL]
    return found[0] if found else None


def _missed(desk: Desk, episode: Episode) -> str:
    check = _check(desk, episode)
    if check is None:
        return "it names none of the accounts, machines, addresses and keys of this alert"
    return f"{', '.join(check.outside)} ({check.detail})" if check.outside else ""


def _compared(one: Kept, desk: Desk, with_it: Desk, true: set[int]) -> tuple[Line, bool]:
    """One alert as it is and as it would be; judged without the entry too, so that nothing else shows."""
    judged = one.triaged
    check = _check(with_it, judged.episode)
    then: DecisionName = one.decision
    if check is not None or "uses" not in desk.known.has:
        before, after = judge(desk, judged.episode), judge(with_it, judged.episode)
        then = after.decision.name if after.decision.name != before.decision.name else one.decision
    return _line(one, judged, then, true), check is not None and not check.outside


def _line(one: Kept, judged: Triaged, then: DecisionName | None, true: set[int]) -> Line:
    grave = one.decision in ESCALATED or one.judged_as in ESCALATED or one.case in true
    return Line(judged.alert, one.decision, then, grave)


def narrowed(options: Options, said: str, terms: Terms, folder: Path) -> Preview:
    """A Sigma filter for an alert, with the alerts of the lake as they would be: detected anew, taken back.

    ``folder`` is the one of your own rules that ``detect`` is given. Waits for whoever writes to the lake.
    """
    if not folder.is_dir():
        raise UsageError(
            "no such folder of rules", str(folder), "make it, and give it to detect with --rules"
        )
    with store.opened(options.settings, config.home(options.home), make=False) as office:
        desk = desk_for(options, office)
        with office.reading() as conn:
            one, every, since, until = _asked(conn, said)
            true = _true_positives(conn, every)
    episode = one.triaged.episode
    ours = _ours(desk, episode)
    ever = tune.sigma_filter(episode, ours, replace(terms, since=EVER[0], until=EVER[1]))
    before, after = _rehearsed(options, ever)
    lines = list(_changed(every, before, after, true))
    gone = tuple(line for line in lines if line.then is None)
    left = any(_lives_on(one.alert, other) for other in after.get(one.actor, ()))
    return Preview(
        alert=one.alert, since=since, until=until, total=len(every), covered=gone,
        others=tuple(line for line in lines if line.then is not None),
        missed="a part of it would still be alerted" if left else "",
        file=folder / f"{tune.filter_name(one.id)}.yml", text=tune.sigma_filter(episode, ours, terms),
    )  # fmt: skip


Found = dict[str, list[Alert]]  # alerts by actor


class _TakenBackError(Exception):
    """Ends a transaction whose changes are not wanted."""


def _rehearsed(options: Options, text: str) -> tuple[Found, Found]:
    """The alerts of the lake without and with a filter; nothing of it stays."""
    home = config.home(options.home)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "filter.yml"
        write(text, file)
        plain, more = judge_for(options), judge_for(replace(options, rules=(*options.rules, Path(folder))))
        with contextlib.suppress(_TakenBackError), lake_store.writing(home) as lake, lake.transaction():
            detected(lake, plain)
            before = _found(lake)
            detected(lake, more)
            after = _found(lake)
            raise _TakenBackError
    return before, after


def _found(lake: lake_store.Lake) -> Found:
    found: Found = {}
    for one in alerts.listed(lake):
        found.setdefault(one.actor, []).append(one.alert)
    return found


def _changed(every: Sequence[Kept], before: Found, after: Found, true: set[int]) -> Iterator[Line]:
    """The alerts that would not be raised, or rest on less."""
    for one in every:
        alert = one.alert
        was = next((other for other in before.get(one.actor, ()) if other.id == one.id), None)
        if was is None:
            continue  # void already, whatever is decided about filters
        rest = [other for other in after.get(one.actor, ()) if _lives_on(alert, other)]
        if not rest:
            yield _line(one, one.triaged, None, true)
        elif was not in rest:
            yield _line(one, one.triaged, one.decision, true)


def _lives_on(alert: Alert, other: Alert) -> bool:
    return other.first_seen <= alert.last_seen and alert.first_seen <= other.last_seen
