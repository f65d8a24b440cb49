"""New facts of the lake in; who is whom brought up to date, and who must be judged again, out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from glasshouse.flow_usage import count
from glasshouse.lake import facts, state
from glasshouse.lake.columns import Stored
from glasshouse.lake.parquet import Query
from glasshouse.lake.state import Dirty
from glasshouse.lake.store import Lake
from glasshouse.records import Lookup
from glasshouse.watch.actors import joined
from glasshouse.watch.detect.chapters import Reach
from glasshouse.watch.enrich import DAY, KNOWN_BEFORE
from glasshouse.watch.relay import MARGIN, explained_by, is_relay, may_be_relayed

AT_ONCE = 50_000  # lookups


@dataclass(slots=True)
class News:
    """What new facts change."""

    lookups: int = 0
    rebuild: bool = False  # something kept is no longer true and cannot be taken back piece by piece
    dirty: list[Dirty] = field(default_factory=list)  # by actor
    moments: set[tuple[str, int]] = field(default_factory=set)  # by node, resolved to actors in the end
    keys: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    machines: set[str] = field(default_factory=set)


def bring_up_to_date(lake: Lake, reach: Reach) -> News:
    """Take in all facts since the last time, inside the caller's transaction. The order does not matter."""
    judged = lake.number("judged")
    news = News()
    before = facts.before_completion(lake, judged)
    for low, high in _pieces(facts.new_days(lake, judged)):
        rows = facts.load(lake, Query(since=low, until=high + 1, after=judged))
        _take(lake, rows, before, judged, news)
        count(lake, rows, before, judged)
    for ip, asked, explained, folded in state.relays(lake.db, news.machines):
        if is_relay(asked, explained) != bool(folded):
            news.dirty.extend(state.fold(lake.db, ip, not folded))
    news.dirty.extend(
        Dirty(state.key_of(lake.db, node, time), time, time) for node, time in sorted(news.moments)
    )
    news.dirty.extend(_kin(lake, news.keys, reach.key))
    if reach.everybody is not None and news.dirty:
        news.dirty.extend(_everybody(lake, news.dirty, reach.everybody))
    lake.put("judged", facts.last_batch(lake))
    return news


def _pieces(days: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Spans of time of so many lookups as are taken in at once."""
    low = high = None
    size = 0
    for first, last, lookups in days:
        if low is not None and high is not None and size + lookups > AT_ONCE and first > high:
            yield low, high
            low, size = None, 0
        low, high = first if low is None else low, last if low is None or high is None else max(high, last)
        size += lookups
    if low is not None and high is not None:
        yield low, high


def _take(
    lake: Lake, rows: Sequence[Stored], before: dict[str, tuple[int, str]], judged: int, news: News
) -> None:
    news.lookups += len(rows)
    nodes: dict[tuple[int, str], list[int]] = defaultdict(list)
    pairs: set[tuple[int, str, str]] = set()
    firsts: dict[tuple[str, str], int] = {}
    asked: Counter[str] = Counter()
    moved: list[tuple[str, Stored]] = []
    for stored in rows:
        x = stored.lookup
        batch, node = before.get(stored.uid, (stored.batch, stored.node))
        known = batch <= judged
        if known and node != stored.node:
            moved.append((node, stored))
        if not known or node != stored.node:
            nodes[state.season_of(x.time), stored.node].append(x.time)
            if may_be_relayed(x):
                asked[x.actor.ip or ""] += 1
        pair = joined(x)
        if pair:
            pairs.add((state.season_of(x.time), *pair))
        if x.database:
            had = firsts.get((stored.node, x.database), x.time)
            firsts[stored.node, x.database] = min(had, x.time)
        if x.key_fingerprint:
            news.keys[x.key_fingerprint].append(x.time)
        news.moments.add((stored.node, x.time))
    _keep(lake, nodes, pairs, firsts, news)
    for ip, times in asked.items():
        state.asked(lake.db, ip, times)
    news.machines |= set(asked) | set(_explain(lake, rows, news))
    _check_moved(lake, moved, news)


def _keep(
    lake: Lake,
    nodes: dict[tuple[int, str], list[int]],
    pairs: Iterable[tuple[int, str, str]],
    firsts: dict[tuple[str, str], int],
    news: News,
) -> None:
    """Joins first, over what was known; then what is new."""
    db = lake.db
    for season, one, other in sorted(pairs):
        news.dirty.extend(state.join(db, season, one, other))
    for (season, node), times in sorted(nodes.items()):
        state.seen(db, season, node, min(times), max(times), len(times))
    for (node, database), time in sorted(firsts.items()):
        news.dirty.extend(state.first(db, node, database, time))
    if nodes:
        begin = min(map(min, nodes.values()))
        had = lake.get("begin")
        if had is None or begin < int(had):
            lake.put("begin", begin)
            if had is not None:
                news.dirty.extend(state.begun(db, int(had), begin, KNOWN_BEFORE))


def _explain(lake: Lake, rows: Sequence[Stored], news: News) -> Iterator[str]:
    """Note the lookups that a proxy made for its clients; the machines this is new of."""
    asked = [stored for stored in rows if may_be_relayed(stored.lookup)]
    through = [stored.lookup for stored in rows if stored.lookup.proxied]
    if through:
        lake.put("proxied", 1)
    if not lake.number("proxied"):
        return
    others = _through_at(lake, [stored.lookup for stored in asked])
    asked += _asked_at(lake, through)
    for number in explained_by([stored.lookup for stored in asked], [*through, *others]):
        uid, _batch, node, x = asked[number]
        if state.explained(lake.db, uid, x.actor.ip or "", node, x.time):
            news.moments.add((node, x.time))
            yield x.actor.ip or ""


def _through_at(lake: Lake, asked: Sequence[Lookup]) -> list[Lookup]:
    """What was asked through a proxy about when these were asked."""
    if not asked:
        return []
    names = sorted({x.name for x in asked if x.name})
    low, high = min(x.time for x in asked) - DAY, max(x.time for x in asked) + MARGIN + 1
    return [s.lookup for s in facts.load(lake, Query(since=low, until=high, names=names, proxied=True))]


def _asked_at(lake: Lake, through: Sequence[Lookup]) -> list[Stored]:
    """What was asked otherwise when these were asked through a proxy."""
    if not through:
        return []
    names = sorted({x.name for x in through if x.name})
    low = min(x.time for x in through) - MARGIN
    high = max(x.time + (x.duration or 0) for x in through) + MARGIN + 1
    found = facts.load(lake, Query(since=low, until=high, names=names, proxied=False))
    return [stored for stored in found if may_be_relayed(stored.lookup)]


def _check_moved(lake: Lake, moved: Iterable[tuple[str, Stored]], news: News) -> None:
    """A completed lookup stands elsewhere now; if that is another actor, what was kept of it is wrong."""
    for node, stored in moved:
        time = stored.lookup.time
        news.moments.add((node, time))
        if state.key_of(lake.db, node, time) != state.key_of(lake.db, stored.node, time):
            news.rebuild = True


def _kin(lake: Lake, keys: dict[str, list[int]], span: int) -> Iterator[Dirty]:
    """Others who used the same API keys not long before or after."""
    if not keys or not span:
        return
    reaches = [
        (key, low - span, high + span) for key, times in keys.items() for low, high in _runs(times, span)
    ]
    for stored in facts.load(lake, Query(keys=reaches)):
        time = stored.lookup.time
        yield Dirty(state.key_of(lake.db, stored.node, time), time, time)


def _runs(times: Sequence[int], gap: int) -> Iterator[tuple[int, int]]:
    """First and last of times that lie no further apart than ``gap``."""
    ordered = sorted(times)
    low = high = ordered[0]
    for time in ordered[1:]:
        if time - high > gap:
            yield low, high
            low = time
        high = time
    yield low, high


def _everybody(lake: Lake, dirty: Sequence[Dirty], span: int) -> Iterator[Dirty]:
    """With a rule that joins everybody: all who asked anything near what changed."""
    low, high = min(one.low for one in dirty) - span, max(one.high for one in dirty) + span
    rows = lake.db.execute(
        "SELECT key, min(first), max(last) FROM actors WHERE lookups > 0 "
        "AND last >= ? AND first <= ? GROUP BY key",
        (low, high),
    )
    for key, first, last in rows.fetchall():
        yield Dirty(key, max(first, low), min(last, high))
