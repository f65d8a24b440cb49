"""Triage's flow: the lake's alerts and what we know in; a verdict, answers and a decision for each out."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from glasshouse import config
from glasshouse.config import Options
from glasshouse.flow_episodes import episodes
from glasshouse.flow_notify import named, queue
from glasshouse.flow_privacy import cover, protected
from glasshouse.flow_register import note_files, techniques
from glasshouse.flow_shown import Exposed, standing
from glasshouse.flow_unmask import to_officer
from glasshouse.know.background import Knowledge, background, group, know
from glasshouse.lake import alerts, store, usage
from glasshouse.lake.alerts import Kept, Row
from glasshouse.lake.store import Lake
from glasshouse.office import audit, exposed, kept, outbox, together, trail, triaged, uses
from glasshouse.office import store as office_store
from glasshouse.office.cases import name_of
from glasshouse.office.store import Office
from glasshouse.records import Trouble
from glasshouse.triage import decide, playbook
from glasshouse.triage.verdict import verdict
from glasshouse.verdicts import DECISIONS, DecisionName, Episode, Triaged

Progress = Callable[[str], None]
AT_ONCE = 500  # alerts kept in one transaction
GRAVEST: tuple[DecisionName, ...] = tuple(reversed(DECISIONS))


@dataclass(slots=True)
class Done:
    """What one triage did."""

    judged: int = 0
    unchanged: int = 0
    decisions: dict[str, int] = field(default_factory=dict)
    opened: int = 0  # cases
    notices: int = 0  # queued by this run
    waiting: int = 0  # notices on their way, all of them
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """What every judgement needs."""

    known: Knowledge
    playbooks: tuple[playbook.Playbook, ...]
    table: decide.Table
    options: Options
    now: int
    exposed: Exposed | None = None  # None where nothing was ever surveyed


def now() -> int:
    """Microseconds since 1970, by the clock."""
    return round(datetime.now(UTC).timestamp() * 1_000_000)


def triage(options: Options, full: bool = False, progress: Progress = lambda _said: None) -> Done:
    """Judge what is new or changed, or, when our knowledge changed or with ``full``, everything."""
    home = config.home(options.home)
    with (
        office_store.opened(options.settings, home) as office,
        store.opened(home) as lake,
        without_collector(),
    ):
        return _triage(office, lake, options, full, progress)


def _triage(office: Office, lake: Lake, options: Options, full: bool, progress: Progress) -> Done:
    done = Done()
    desk = desk_for(options, office, lake=lake)
    done.troubles = desk.known.troubles
    with office.reading() as conn:
        seen = kept.knowledge_of(conn)
    every = alerts.rows(lake, options.since, options.until, superseded=True)
    standing = [one for one in every if one.state == "current"]
    asked = usage.totals(lake)
    marks = {one.id: mark(one, desk.known, asked, desk.exposed) for one in standing}
    chosen = [one.kept for one in standing if full or _to_judge(one, seen, marks)]
    done.unchanged = len(standing) - len(chosen)
    with office.transaction() as conn:
        note_files(conn, desk.known, desk.now)
    _hand_over(office, every, seen)
    progress("judging")
    found = judged(lake, desk, chosen, marks)
    while piece := list(islice(found, AT_ONCE)):
        _keep(office, piece, desk, done)
    with office.reading() as conn:
        done.waiting = len(outbox.waiting(conn))
        decided = audit.last(conn) is not None
    if decided:
        trail.head(office, desk.now)
    return done


@contextmanager
def without_collector() -> Iterator[None]:
    """Triage makes millions of objects and no circles: to look for those is a sixth of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def decisions(options: Options, most: int) -> tuple[Counter[DecisionName], list[str]]:
    """How many standing alerts have each decision; and of so many, the gravest, the ids."""
    with office_store.opened(options.settings, config.home(options.home)) as office, office.reading() as conn:
        found = kept.decided(conn, options.since, options.until)
    found.sort(key=lambda one: (GRAVEST.index(one[1]), -one[2], one[0]))
    return Counter(name for _, name, _ in found), [alert for alert, _, _ in found[:most]]


def judged_alerts(options: Options, ids: Sequence[str] | None = None) -> tuple[list[Triaged], dict[str, str]]:
    """Standing alerts as they were last judged, with what a person decided in place; and their cases."""
    with (
        office_store.opened(options.settings, config.home(options.home)) as office,
        office.reading() as conn,
        without_collector(),
    ):
        found = kept.listed(conn, since=options.since, until=options.until, ids=ids)
        names = {one.id: name_of(one.case) for one in found if one.case is not None}
        return [as_decided(one) for one in found], names


def as_decided(one: kept.Kept) -> Triaged:
    """An alert as it was judged; a person's decision stands in place of the table's."""
    judged = one.triaged
    if one.override is None:
        return judged
    said = f"decided by a person; the table said: {judged.decision.title}"
    return replace(judged, decision=replace(judged.decision, name=one.override, row="override", says=said))


def desk_for(options: Options, office: Office, table: Path | None = None, lake: Lake | None = None) -> Desk:
    """Everything read once: our knowledge, the playbooks, the decision table, what was surveyed."""
    with office.reading() as conn:
        entries, decided = uses.known(conn), exposed.standing(conn)
    adopted, moment = exposed.assets(decided.values()), now()
    surveyed = standing(lake, decided, moment) if lake else None
    rows = decide.load(table)
    return Desk(
        known=know(options.settings, entries, techniques=techniques(options), adopted=adopted),
        playbooks=playbook.load(),
        table=rows if table or surveyed else decide.unsurveyed(rows),
        options=options,
        now=moment,
        exposed=surveyed,
    )


def mark(one: Row, known: Knowledge, asked: Mapping[int, int], surveyed: Exposed | None = None) -> str:
    """Changes when an alert, what we know, is usual or was surveyed does: then it is judged again."""
    day = one.first // usage.DAY
    before = [asked.get(when, 0) for when in range(day - usage.WINDOW, day)]
    said = f"{one.document} {before}{f' {surveyed.fingerprint}' if surveyed else ''}"
    return f"{known.fingerprint}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _to_judge(one: Row, seen: Mapping[str, tuple[str, str]], marks: Mapping[str, str]) -> bool:
    """Whether something changed; what rests on facts that were partly forgotten stays as it was judged."""
    if one.id not in seen:
        return True
    return not one.settled and seen[one.id][1] != marks[one.id]


def judged(lake: Lake, desk: Desk, chosen: Sequence[Kept], marks: Mapping[str, str]) -> Iterator[Triaged]:
    """Each alert with its verdict, answers and decision, the earliest first."""
    directory, key = desk.known.directory, desk.known.domains.key
    for episode in episodes(lake, chosen, lambda accounts, hosts: group(directory, accounts, hosts), key):
        yield judge(desk, episode, marks[episode.alert.id])


def judge(desk: Desk, episode: Episode, knowledge: str = "") -> Triaged:
    """One episode judged."""
    limits = desk.options.settings.triage
    told = background(desk.known, episode, desk.now, limits.overuse, limits.change_hours)
    told = desk.exposed.told(episode, told) if desk.exposed else told
    said = verdict(episode, told, limits)
    return Triaged(
        alert=episode.alert,
        episode=episode,
        verdict=said,
        answers=playbook.answers(desk.playbooks, said, episode.techniques),
        decision=decide.decide(said, episode.alert, limits, desk.table),
        knowledge=knowledge,
    )


def _keep(office: Office, piece: Sequence[Triaged], desk: Desk, done: Done) -> None:
    if not piece:
        return
    channels = named(desk.options.settings.notify)
    names, guarded = cover(desk.options) if channels else None, protected(desk.options.settings)
    gravest = sorted(piece, key=lambda one: (-one.alert.score, one.alert.first_seen, one.alert.id))
    with office.transaction() as conn:
        for one, settled in zip(gravest, together.settle_all(conn, gravest, desk.now), strict=True):
            done.notices += queue(conn, one, settled, channels, desk.now, names)
            done.judged += 1
            name = settled.outcome.kept.decision
            done.decisions[name] = done.decisions.get(name, 0) + 1
            done.opened += settled.did == "opened"
            if guarded:
                to_officer(conn, desk.options, guarded, one, settled)


def _hand_over(office: Office, every: Sequence[Row], seen: Collection[str]) -> None:
    """Alerts that others took the place of hand over their cases; those of ``seen`` did not yet."""
    gone = [(one.id, one.successor) for one in every if one.state == "superseded" and one.successor]
    gone = [one for one in gone if one[0] in seen]
    if not gone:
        return
    with office.transaction() as conn:
        for old, new in gone:
            triaged.supersede(conn, old, new, now())
