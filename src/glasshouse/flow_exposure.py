"""What open databases said of us up to a time in; what is public, what changed and what to do first out."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from glasshouse import config, leaf
from glasshouse.asking import Ask, Subject
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.findings import Blind, Exposure, Finding, Judged, Revealed, Tie
from glasshouse.flow_assets import REFERENCE, Ours, known
from glasshouse.flow_lookers import looked_up
from glasshouse.flow_shown import keep
from glasshouse.known import Asset
from glasshouse.lake import observations, trend
from glasshouse.lake import store as lakes
from glasshouse.lake.store import Lake
from glasshouse.leaf import Collector
from glasshouse.observed import Fact, FactKind, Observation
from glasshouse.office import exposed, store, trail
from glasshouse.office.exposed import Deed
from glasshouse.survey import correlate, diff, edges, judge, signs, ties
from glasshouse.survey.world import World

DAY = 86_400_000_000
NONE_YET = "glasshouse survey run, or glasshouse survey import"
Seen = Observation[Fact]
Answered = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Moments:
    """The two times that are compared."""

    at: int
    before: int | None
    newest: bool = False  # the last survey and the one before: what triage wants to know
    usual: bool = False  # a survey and the one before it: what the trend is made of


def now() -> int:
    """The present time in microseconds."""
    return round(time.time() * 1_000_000)


def moments(lake: Lake, at: str | None, before: str | None) -> Moments:
    """The times said: numbers of surveys, ``-1`` for the one before the last, or times; else the last two."""
    times = sorted({one.ended for one in observations.surveys(lake)})
    if not times:
        raise UsageError("no survey was made yet", str(lake.home), NONE_YET)
    last = observations.moment(lake, at) if at else times[-1]
    earlier = [one for one in times if one < last]
    first = observations.moment(lake, before) if before else (earlier[-1] if earlier else None)
    if first is not None and first >= last:
        raise UsageError(
            "it is compared with a survey that is not earlier", "--since", "glasshouse survey list shows them"
        )
    return Moments(last, first, newest=not (at or before), usual=last in times and not before)


def exposure(options: Options, at: str | None = None, before: str | None = None) -> Exposure:
    """Everything known of our exposure at a time, judged beside what was known before."""
    home = config.home(options.home)
    if not (home / "glasshouse.db").exists():
        raise UsageError("no survey was made yet", str(home), NONE_YET)
    with lakes.opened(home) as lake:
        when = moments(lake, at, before)
        decided = deeds(options)
        mine = known(options, adopted(decided))
        return _exposure(options, lake, mine, when, decided)


def deeds(options: Options) -> dict[str, Deed]:
    """What people decided about names, addresses and findings; empty where nobody has decided anything."""
    try:
        with (
            store.opened(options.settings, config.home(options.home), make=False) as office,
            office.reading() as conn,
        ):
            return exposed.standing(conn)
    except UsageError:
        return {}


def adopted(decided: Mapping[str, Deed]) -> tuple[Asset, ...]:
    """What was adopted, as assets."""
    return exposed.assets(decided.values())


def _exposure(
    options: Options, lake: Lake, mine: Ours, when: Moments, decided: Mapping[str, Deed]
) -> Exposure:
    policy = options.settings.survey.policy
    answered = observations.answered(lake, when.at)
    changes = list(judged(options, lake, mine, when))
    world = World(
        observations.state(lake, when.at),
        when.at,
        mine.assets,
        mine.owned,
        policy,
        changes,
        answered,
    )
    disowned = frozenset(value for value, deed in decided.items() if deed.kind == "disown")
    world.ties = tuple(ties.ties(world, disowned))
    found, troubles = judge.findings(world, leaf.checks())
    asked, unanswered = observations.last_asked(lake, when.at), observations.unanswered(lake, when.at)
    stated = [_stated(one, decided, max(when.at, now())) for one in found]
    exposure = Exposure(
        at=when.at,
        before=when.before,
        organisation=next((one.value for one in mine.assets if one.type == "organisation"), ""),
        assets=len(mine.assets),
        findings=looked_up(options, lake, mine.knowledge, stated, when.at),
        changes=tuple(changes),
        ties=world.ties,
        revealed=tuple(_revealed(world.seen, asked)),
        edges=tuple(edges.edges(world, found)),
        blind=tuple(_blind(unanswered, asked, answered, mine)),
        troubles=tuple(troubles),
    )
    if when.usual:
        trend.note(lake, exposure)
    if when.newest:
        keep(lake, exposure, world.seen, answered, unanswered)
    said = str(options.home) if options.home else ""
    return replace(exposure, trend=trend.until(lake, when.at), home=said)


def judged(
    options: Options, lake: Lake, mine: Ours, when: Moments, since: int | None = None
) -> Iterator[Judged]:
    """What changed between the two times, each change tied to its record or not.

    ``since``: when it was looked before, where that is another time than that of what it is compared with.
    """
    if when.before is None:
        return
    looked = observations.answered(lake, when.before)
    shifts = diff.diff(
        *observations.differing(lake, when.before, when.at),
        lambda collector, subject: (collector, subject.value) in looked,
    )
    ranges = World(observations.state(lake, when.at, ("range",)), when.at)
    yield from correlate.judged(
        shifts,
        correlate.book(mine.knowledge.changes.all()),
        mine.owned,
        options.settings.survey.policy,
        when.at,
        since=when.before if since is None else since,
        past=signs.past(observations.state(lake, when.before, ("certificate", "registration", "record"))),
        ours=mine.domains,
        provider=ranges.provider if ranges.seen else None,
    )


def _stated(one: Finding, decided: Mapping[str, Deed], now: int) -> Finding:
    """A finding with what was decided about it: a risk is borne until its day, whenever it was last asked."""
    deed = decided.get(one.id)
    if deed is None or deed.kind != "accept":
        return one
    says = f"accepted by {deed.actor} for {deed.owner}: {deed.reason}"
    if deed.until is not None and deed.until <= now:
        return replace(one, state_says=f"was {says}; that ended")
    return replace(one, state="accepted", state_says=says)


def _revealed(seen: Sequence[Seen], asked: Mapping[str, int]) -> Iterator[Revealed]:
    """How much each database shows, by kind of fact; reference data is nothing of ours."""
    collectors = leaf.collectors()
    things: Counter[tuple[str, str, FactKind]] = Counter()
    about: dict[tuple[str, str, FactKind], set[str]] = defaultdict(set)
    for one in seen:
        if one.subject.type != "reference":
            key = (one.collector, one.database, one.kind)
            things[key] += 1
            about[key].add(one.subject.value)
    for (collector, database, kind), count in sorted(things.items()):
        technique = collectors[collector].TECHNIQUE if collector in collectors else ""
        yield Revealed(
            technique=technique, database=database, collector=collector, kind=kind, things=count,
            subjects=len(about[collector, database, kind]), last_asked=asked.get(collector),
        )  # fmt: skip


def _blind(
    unanswered: Sequence[Ask], asked: Mapping[str, int], answered: Answered, mine: Ours
) -> Iterator[Blind]:
    """What could not be seen: askings that were not answered wholly, and collectors never asked."""
    found: dict[tuple[str, str, str], list[Ask]] = defaultdict(list)
    for one in unanswered:
        found[one.collector, one.status, one.reason].append(one)
    for (collector, status, reason), some in sorted(found.items()):
        times = [answered.get((collector, one.subject.value)) for one in some]
        yield Blind(
            collector=collector, status=status, subjects=len(some), reason=reason,
            last_complete=max((one for one in times if one is not None), default=None),
        )  # fmt: skip
    for name, asker in leaf.collectors().items():
        if name not in asked and any(asker.ask(one, None) for one in _askable(asker, mine)):
            needy = asker.KEY and not asker.OPTIONAL_KEY
            reason = f"needs a key: {asker.KEY}" if needy else "was never asked"
            yield Blind(collector=name, status="never", subjects=0, reason=reason, last_complete=None)


def _askable(collector: Collector, mine: Ours) -> list[Subject]:
    """One asset of each kind that a collector may be asked about."""
    if not collector.SUBJECTS:
        return [REFERENCE]
    first = {one.type: one for one in reversed(mine.subjects) if one.type in collector.SUBJECTS}
    return list(first.values())


def decide(
    options: Options,
    kind: exposed.Kind,
    subject: str,
    actor: str,
    reason: str,
    owner: str = "",
    until: int | None = None,
) -> Deed:
    """Adopt, disown, accept a risk, or take one of these back; kept, and in the audit trail."""
    type_ = ""
    if kind in ("adopt", "disown"):
        tie = _tie(options, subject)
        subject, type_ = tie.value, tie.type
    elif kind == "accept":
        subject = finding(options, subject).id
    elif kind in ("forget", "accept-end"):
        subject = _standing(options, kind, subject)
    with store.opened(options.settings, config.home(options.home)) as office:
        with office.transaction() as conn:
            made = exposed.add(conn, kind, subject, actor, now(), reason, owner, until, type_)
        trail.head(office, now())
    return made


def _standing(options: Options, kind: exposed.Kind, said: str) -> str:
    """What a decision that is taken back is about; UsageError when no such decision stands."""
    wanted = ("accept",) if kind == "accept-end" else ("adopt", "disown")
    for subject, deed in deeds(options).items():
        if deed.kind in wanted and subject.casefold() == said.strip().casefold():
            return subject
    what = "no accepted risk of" if kind == "accept-end" else "nobody adopted or disowned"
    raise UsageError(f"{what} {said}", "", "glasshouse audit list shows what was decided")


def _tie(options: Options, value: str) -> Tie:
    found = exposure(options)
    for one in found.ties:
        if one.value == value.strip().lower():
            return one
    raise UsageError(f"no candidate {value}", "", "glasshouse exposure unknown lists them")


def finding(options: Options, ident: str) -> Finding:
    """One finding by its id; UsageError when there is none."""
    for one in exposure(options).findings:
        if one.id.casefold() == ident.strip().casefold():
            return one
    raise UsageError(f"no finding {ident}", "", "glasshouse exposure list shows them")
