"""The lake in, its alerts up to date out: only actors with something new, as far as rules reach."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from glasshouse import config
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.flow_kin import kin, with_kin
from glasshouse.flow_ours import Ours, ours, remarked
from glasshouse.flow_state import bring_up_to_date
from glasshouse.lake import alerts, facts, state, store
from glasshouse.lake.alerts import Changes
from glasshouse.lake.columns import Stored
from glasshouse.lake.parquet import Query
from glasshouse.lake.parquet import Reach as Wanted
from glasshouse.lake.state import Dirty
from glasshouse.lake.store import Lake
from glasshouse.records import Alert, Lookup, Report, RuleStatus, Tally
from glasshouse.watch import enrich
from glasshouse.watch.actors import node
from glasshouse.watch.coverage import blind_spots
from glasshouse.watch.detect import load_rules
from glasshouse.watch.detect.chapters import Reach, apart, chapters, reach
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.run import alert_of, episodes_in, without_collector
from glasshouse.watch.enrich import HOUR, KNOWN_BEFORE, Rows
from glasshouse.watch.once import once
from glasshouse.watch.toolsets import of_catalogue

AT_ONCE = 100_000  # lookups judged together
EVER = Dirty("", facts.BEFORE // 4, facts.AHEAD // 4)
Progress = Callable[[str], None]


@dataclass(slots=True)
class Detected:
    """What one ``detect`` did."""

    lookups: int = 0  # new ones it took in
    actors: int = 0  # actors judged again
    loaded: int = 0  # lookups read to do so
    full: bool = False
    changes: Changes = field(default_factory=Changes)
    statuses: tuple[RuleStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """A span of time of one actor to be judged; ``begin`` when a chapter is known to begin at ``low``."""

    low: int
    high: int
    begin: int | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules, the provider sets and how far they look."""

    rules: RuleSet
    sets: Mapping[str, frozenset[str]]
    reach: Reach
    ours: Ours

    @property
    def far(self) -> int:
        """How far a change of one lookup reaches within one actor."""
        return max(self.reach.actor, self.reach.everybody or 0) + HOUR

    @property
    def fingerprint(self) -> str:
        """Changes when rules, points, provider sets or what is ours do."""
        sets = sorted((tool, sorted(wanted)) for tool, wanted in self.sets.items())
        plans = [
            (r.key, r.points, r.reason, r.ties, r.where, r.correlation, r.filters) for r in self.rules.rules
        ]
        said = repr((plans, sets)) + self.ours.fingerprint
        return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()


def detect(options: Options, full: bool = False, progress: Progress = lambda _said: None) -> Detected:
    """Bring the alerts of the lake up to date; all or nothing. With ``full`` everything is judged anew."""
    judge = judge_for(options)
    home = config.home(options.home)
    with store.writing(home, progress) as lake, lake.transaction(), without_collector():
        progress("judging")
        return detected(lake, judge, full)


def judge_for(options: Options) -> Judge:
    """The rules and what is ours in one run."""
    rules = load_rules(options.rules)
    return Judge(rules, of_catalogue(load(options.opendbs)), reach(rules), ours(options))


def detected(lake: Lake, judge: Judge, full: bool = False) -> Detected:
    """The same inside a transaction, which the caller may take back."""
    full = full or lake.get("rules") != judge.fingerprint
    done = Detected(full=full)
    if full:
        state.forget(lake.db)
    completing = bool(facts.before_completion(lake, lake.number("judged")))
    together = judge.reach.everybody is not None
    news = bring_up_to_date(lake, judge.reach if together else judge.reach._replace(key=0))
    if news.rebuild and not full:
        return detected(lake, judge, True)
    done.lookups = news.lookups
    if full:
        dirty = [EVER._replace(actor=actor) for actor in _all_actors(lake)]
    elif together:
        dirty = news.dirty
    else:  # what a completed lookup said before is not known any more: then every use of its key may matter
        needs = None if completing else apart(judge.rules)
        dirty = [*news.dirty, *kin(lake, news.keys, judge.reach.key, needs)]
    regions = _regions(lake, dirty, judge.far, full)
    done.actors = len(regions)
    for chosen in _pieces(lake, regions, together):
        _judged(lake, judge, chosen, done)
    alerts.follow(lake.db)
    lake.put("rules", judge.fingerprint)
    stopped = [RuleStatus(rule.key, *rule.problem) for rule in judge.rules.rules if rule.problem]
    done.statuses = (*stopped, *judge.rules.problems)  # rules and filters that could not run at all
    return done


def _all_actors(lake: Lake) -> list[str]:
    rows = lake.db.execute(
        "SELECT key FROM actors WHERE lookups > 0 "
        "UNION SELECT actor FROM alerts WHERE state = 'current' ORDER BY 1"
    )
    return [key for (key,) in rows]


def _regions(lake: Lake, dirty: Iterable[Dirty], far: int, full: bool) -> dict[str, list[Region]]:
    """Per actor the spans of time in which alerts may change, whole alerts each."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for actor, low, high in dirty:
        spans.setdefault(actor, []).append((low - far, high + far))
    if full:
        return {actor: [Region(*one[0])] for actor, one in spans.items()}
    return {
        actor: list(_whole(_merged(one), alerts.spans(lake.db, actor), far)) for actor, one in spans.items()
    }


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def _whole(spans: Sequence[tuple[int, int]], known: Sequence[tuple[int, int]], far: int) -> Iterator[Region]:
    """Grow spans over the alerts they touch: back to where one begins, on to where the last one ends."""
    grown: list[Region] = []
    for low, high in spans:
        touched = [one for one in known if one[1] >= low - far and one[0] <= low]
        begin = min((first for first, _last in touched), default=None)
        for first, last in known:
            if (first >= low - far and first <= high + far) or first <= high <= last:
                high = max(high, last)
        grown.append(Region(low if begin is None else begin, high, begin))
    out: list[Region] = []
    for one in sorted(grown, key=lambda region: region.low):
        if out and one.low <= out[-1].high:
            out[-1] = Region(out[-1].low, max(out[-1].high, one.high), out[-1].begin)
        else:
            out.append(one)
    yield from out


def _pieces(
    lake: Lake, regions: Mapping[str, list[Region]], together: bool
) -> Iterator[dict[str, list[Region]]]:
    """Actors to be judged together: as many as fit, or all when a rule joins everybody."""
    piece: dict[str, list[Region]] = {}
    size = 0
    for actor in sorted(regions):
        low, high = regions[actor][0].low, regions[actor][-1].high
        count = lake.db.execute(
            "SELECT coalesce(sum(lookups), 0) FROM actors WHERE key = ? AND season BETWEEN ? AND ?",
            (actor, state.season_of(low) - 1, state.season_of(high) + 1),
        ).fetchone()[0]
        if piece and size + count > AT_ONCE and not together:
            yield piece
            piece, size = {}, 0
        piece[actor] = regions[actor]
        size += count
    if piece:
        yield piece


def _judged(lake: Lake, judge: Judge, regions: Mapping[str, list[Region]], done: Detected) -> None:
    """Judge some actors and keep what comes of it."""
    rows = _near(lake, judge, regions)
    done.loaded += len(rows)
    low = min((stored.lookup.time for stored in rows), default=0)
    high = max((stored.lookup.time for stored in rows), default=0)
    folded = state.folded(lake.db, low, high)
    table = _table(lake, judge, [stored.lookup for stored in rows if stored.uid not in folded], (low, high))
    by_key = {rule.key: rule for rule in judge.rules.rules}
    found: dict[str, list[Alert]] = {}
    clock = table.column("time")
    for episode in episodes_in(table, judge.rules)[0] if len(table) else ():
        for region in regions.get(episode.actor, ()):
            for chapter in chapters(episode, clock, region.begin):
                if region.low <= clock[chapter.rows[0]] <= region.high:
                    found.setdefault(episode.actor, []).append(alert_of(table, chapter, by_key))
    for actor, spans in regions.items():
        for region in spans:
            mine = [a for a in found.get(actor, ()) if region.low <= a.first_seen <= region.high]
            alerts.replace(lake.db, actor, region.low, region.high, mine, done.changes)


def _near(lake: Lake, judge: Judge, regions: Mapping[str, list[Region]]) -> list[Stored]:
    """The lookups that can matter: those of the actors, and those that share an API key with them."""
    if judge.reach.everybody is not None:
        low = min(spans[0].low for spans in regions.values()) - 2 * judge.far
        high = max(spans[-1].high for spans in regions.values()) + 2 * judge.far
        return facts.load(lake, Query(since=low, until=high))
    wanted: list[Wanted] = []
    for actor, spans in regions.items():
        padded = _merged((one.low - 2 * judge.far, one.high + 2 * judge.far) for one in spans)
        wanted += [each for low, high in padded for each in state.nodes_of(lake.db, actor, low, high)]
    own = facts.load(lake, Query(nodes=wanted))
    return with_kin(lake, own, judge.reach.key, apart(judge.rules))


def _table(lake: Lake, judge: Judge, lookups: Sequence[Lookup], span: tuple[int, int]) -> Rows:
    """The table rules read, with what only the whole lake knows: who an actor is, what is a first time."""
    table = enrich.rows(remarked(once(lookups), judge.ours), judge.sets)
    names: dict[tuple[str, int], str] = {}
    actors: list[str] = []
    for x in table.lookups:
        place = (node(x), state.season_of(x.time))
        if place not in names:
            names[place] = state.key_of(lake.db, place[0], x.time)
        actors.append(names[place])
    table.fill("actor", actors)
    table.fill("first_seen", list(_first_seen(lake, table.lookups, actors, span)))
    return table


def _first_seen(
    lake: Lake, lookups: Sequence[Lookup], actors: Sequence[str], span: tuple[int, int]
) -> Iterator[bool | None]:
    begin = lake.number("begin")
    known = {actor: state.firsts_of(lake.db, actor, *span) for actor in sorted(set(actors))}
    seen: set[tuple[str, str]] = set()
    for x, actor in zip(lookups, actors, strict=True):
        if x.database is None:
            yield None
        elif known[actor].get((state.season_of(x.time), x.database)) != x.time or (actor, x.database) in seen:
            yield False
        else:
            seen.add((actor, x.database))
            yield True if x.time - begin >= KNOWN_BEFORE else None


def report(options: Options, least: int = 0, superseded: bool = False) -> Report:
    """The alerts of the lake as the document every sink renders, with what the logs could not show."""
    catalogue = load(options.opendbs)
    with store.opened(config.home(options.home)) as lake:
        kept = alerts.listed(lake, options.since, options.until, least, superseded)
        total, begin, end = facts.extent(lake)
        tally = Tally(sources=facts.counts(lake), files=facts.inputs(lake))
    return Report(
        alerts=tuple(one.alert for one in kept),
        tally=tally,
        lookups_total=total,
        blind_spots=blind_spots(catalogue, tally),
        first_time=begin,
        last_time=end,
    )


def current(options: Options) -> list[Alert]:
    """The alerts that stand."""
    with store.opened(config.home(options.home)) as lake:
        return [kept.alert for kept in alerts.listed(lake)]


def one(options: Options, name: str) -> alerts.Kept:
    """One alert by name; UsageError when there is none or several."""
    with store.opened(config.home(options.home)) as lake:
        return alerts.one(lake, name)


def lookups(options: Options, databases: Sequence[str] = (), actors: Sequence[str] = ()) -> list[Lookup]:
    """The lookups of the lake, each once, in order of time."""
    with store.opened(config.home(options.home)) as lake:
        query = Query(options.since, options.until, tuple(databases) or None, tuple(actors) or None)
        return once(stored.lookup for stored in facts.load(lake, query))
