"""Lookups and a rule set in; alerts, best first, and the status of every rule out."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from heapq import nsmallest
from itertools import chain
from operator import attrgetter

from glasshouse.records import Actor, Alert, Client, Evidence, Lookup, Requests, RuleStatus, Target
from glasshouse.watch.actors import account
from glasshouse.watch.detect import correlate, score
from glasshouse.watch.detect.episodes import Episode, episodes
from glasshouse.watch.detect.groups import Outcome
from glasshouse.watch.detect.load import RuleSet
from glasshouse.watch.detect.plan import Rule, fields_used
from glasshouse.watch.detect.summary import sentence
from glasshouse.watch.detect.visibility import visibility
from glasshouse.watch.enrich import Rows, rows

EVIDENCE_SHOWN = 20
TARGETS_SHOWN = 50


def detect(
    lookups: Iterable[Lookup], ruleset: RuleSet, sets: Mapping[str, frozenset[str]] | None = None
) -> tuple[list[Alert], list[RuleStatus]]:
    """Alerts, highest score first, over deduplicated lookups; one status per rule and per bad filter."""
    with without_collector():
        table = rows(lookups, sets)
        found, statuses = episodes_in(table, ruleset)
        by_key = {rule.key: rule for rule in ruleset.rules}
        alerts = [alert_of(table, one, by_key) for one in found]
    alerts.sort(key=lambda alert: (-alert.score, alert.first_seen, alert.id))
    return alerts, [*statuses, *ruleset.problems]


@contextmanager
def without_collector() -> Iterator[None]:
    """Detection makes millions of objects and no circles: to look for those is an eighth of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def episodes_in(table: Rows, ruleset: RuleSet) -> tuple[list[Episode], list[RuleStatus]]:
    """The episodes in a table of lookups, and the status of every rule."""
    outcomes, statuses = evaluate(table, ruleset)
    firing = [(rule, outcomes[rule.key]) for rule in ruleset.firing if rule.key in outcomes]
    return episodes(table, [(rule, outcome) for rule, outcome in firing if outcome.rows]), statuses


def evaluate(table: Rows, ruleset: RuleSet) -> tuple[dict[str, Outcome], list[RuleStatus]]:
    """What each rule found, by key, and its status; a rule whose base could not run cannot run either."""
    outcomes: dict[str, Outcome] = {}
    memo = correlate.Memo()
    statuses: list[RuleStatus] = []
    feeding = {name for rule in ruleset.rules if rule.correlation for name in rule.correlation.rules}
    for rule in ruleset.rules:
        problem = rule.problem or _missing_base(rule, outcomes)
        if problem:
            statuses.append(RuleStatus(rule.key, *problem, where=_where(rule)))
            continue
        if rule.correlation:
            outcome = correlate.correlate(rule, table, outcomes, memo, rule.key in feeding)
        else:
            outcome = correlate.match(rule, table, memo)
        outcomes[rule.key] = outcome
        statuses.append(_status(rule, table, outcome))
    return outcomes, statuses


def _missing_base(rule: Rule, outcomes: Mapping[str, Outcome]) -> tuple[str, str] | None:
    lost = [name for name in (rule.correlation.rules if rule.correlation else ()) if name not in outcomes]
    return ("unsupported", f"rule {', '.join(lost)}, which it counts, could not run") if lost else None


def _status(rule: Rule, table: Rows, outcome: Outcome) -> RuleStatus:
    """``ran``, unless nothing was found and a field it reads is empty in every lookup of this run."""
    if outcome.rows or not len(table):
        return RuleStatus(rule.key, "ran")
    empty = [name for name in sorted(fields_used(rule)) if not table.filled(name)]
    if empty:
        status = "field never filled by these logs"
        return RuleStatus(rule.key, status, ", ".join(empty), _where(rule))
    return RuleStatus(rule.key, "ran")


def _where(rule: Rule) -> str:
    return f"{rule.file}:{rule.line}"


def alert_of(table: Rows, episode: Episode, by_key: Mapping[str, Rule]) -> Alert:
    """One episode as the record that every output shows."""
    found = [table.lookups[row] for row in episode.rows]
    points = [score.points(by_key[key], table, own) for key, own in episode.fired.items()]
    points.sort(key=lambda one: (-one.points, one.rule))
    total = sum(one.points for one in points)
    targets, targets_total = _targets(found)
    alert = Alert(
        id=alert_id(episode.actor, found[0]),
        first_seen=found[0].time,
        last_seen=found[-1].time,
        actor=_actor(found),
        users=_users(found),
        rules=tuple(one.rule for one in points),
        score=total,
        points=tuple(points),
        level=score.level(total),
        lookups=len(found),
        requests=_requests(table, episode.rows),
        databases=tuple(sorted(filter(None, set(map(attrgetter("database"), found))))),
        techniques=tuple(sorted(set(chain.from_iterable(set(map(attrgetter("techniques"), found)))))),
        targets=targets,
        targets_total=targets_total,
        clients=_clients(found),
        visibility=visibility(found),
        evidence=tuple(_evidence(x) for x in found[:EVIDENCE_SHOWN]),
        evidence_total=len(found),
    )
    lasted = set(map(attrgetter("duration"), found)) - {None}
    return replace(alert, summary=sentence(alert, max(lasted, default=0)))


def alert_id(actor: str, first: Lookup) -> str:
    """Stable while actor and first record stay: order, copies and file splits do not matter."""
    return "GH-" + hashlib.sha256(f"{actor}\n{first.record_sha256}".encode()).hexdigest()[:12]


def _actor(found: Sequence[Lookup]) -> Actor:
    """For each part the first known value in time order."""
    actors = [x.actor for x in found]
    return Actor(
        next((a.user for a in actors if a.user), None),
        next((a.host for a in actors if a.host), None),
        next((a.ip for a in actors if a.ip), None),
        next((a.process for a in actors if a.process), None),
    )


def _users(found: Sequence[Lookup]) -> tuple[str, ...]:
    """Every account once, in the longest form a log writes it: ``EXAMPLE\\u-1`` rather than ``u-1``."""
    longest: dict[str, str] = {}
    for user in sorted({x.actor.user for x in found if x.actor.user}):
        name = account(user) or user
        longest[name] = max(longest.get(name, ""), user, key=len)
    return tuple(longest[name] for name in sorted(longest))


def _clients(found: Sequence[Lookup]) -> tuple[Client, ...]:
    every = set(map(attrgetter("client.kind", "client.name"), found))
    return tuple(Client(*one) for one in sorted(every, key=lambda one: (one[0], one[1] or "")))


def _requests(table: Rows, numbers: Sequence[int]) -> Requests:
    guessed = table.column("requests_estimate")
    least = score.requests(table, numbers, table.column("requests_min"))
    estimate = score.requests(table, numbers, guessed)
    most = max(table.at("requests_estimate", numbers))
    ways = sorted({table.lookups[row].requests.how for row in numbers if guessed[row] == most})
    views = score.some(sorted(set(table.at("view", numbers))))
    return Requests(
        least, estimate, f"per database the view that saw most, of {views}; {score.some(ways, 2)}"
    )


def _targets(found: Sequence[Lookup]) -> tuple[tuple[Target, ...], int]:
    """The first of the distinct targets, ours first, then by name; and how many there are."""
    targets = chain.from_iterable(map(attrgetter("targets"), found))
    every = set(map(attrgetter("type", "value", "about_us"), targets))
    mixed = len({about for _type, _value, about in every}) > 1
    first = nsmallest(TARGETS_SHOWN, every, key=_ours_first if mixed else None)
    return tuple(Target(*one) for one in first), len(every)


def _ours_first(target: tuple[str, str, bool | None]) -> tuple[bool, str, str, str]:
    kind, value, about = target
    return not about, kind, value, str(about)


def _evidence(x: Lookup) -> Evidence:
    return Evidence(x.file, x.position, x.record_sha256, x.source, x.time)
