"""One episode in; the narrowest register entry or Sigma filter that covers it, and what stays open, out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import yaml

from glasshouse.known import Category, Use
from glasshouse.records import Client, Target
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, day, some
from glasshouse.verdicts import Episode

MOST = 20  # targets that are not ours and are listed one by one
LISTED = frozenset({"domain", "hostname", "ip", "cidr", "asn", "email"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who answers for a narrowing, why, from when until when; times in microseconds, the end exclusive."""

    owner: str = ""
    reason: str = ""
    category: Category = "other"
    ticket: str = ""
    since: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry, and what had to be left open in it because of what the logs do not show."""

    use: Use
    notes: tuple[str, ...] = ()


def propose(episode: Episode, ours: Collection[str], limits: Thresholds, terms: Terms) -> Proposal:
    """The narrowest entry that covers an episode; ``ours`` are those of its targets the inventory holds."""
    notes: list[str] = []
    bare = Use(
        id="", purpose=terms.reason, category=terms.category, approved_by=terms.owner,
        valid_from=terms.since, valid_until=terms.until, ticket=terms.ticket or None,
        databases=_databases(episode, notes), targets=_targets(episode, ours, notes),
        clients=_clients(episode.clients, notes), requests_per_day=_usual(episode, limits, notes),
        origin=f"tuned from {episode.alert.id}",
    )  # fmt: skip
    return Proposal(_who(bare, episode, notes), tuple(notes))


def _who(bare: Use, episode: Episode, notes: list[str]) -> Use:
    """By account where one shows: beside it, a machine would let in whoever else works there."""
    if episode.accounts:
        return replace(bare, accounts=episode.accounts)
    if episode.hosts:
        notes.append(f"whoever works at {some(episode.hosts)}: the logs show no account")
        return replace(bare, hosts=episode.hosts)
    if episode.ips:
        notes.append(f"whoever has the address {some(episode.ips)}: the logs show no account and no machine")
        return replace(bare, networks=episode.ips)
    return replace(bare, keys=episode.keys)


def _databases(episode: Episode, notes: list[str]) -> tuple[str, ...]:
    if episode.databases:
        return episode.databases
    notes.append("by technique: the logs show which tool ran, not what it asked")
    return episode.techniques or ("*",)


def _targets(episode: Episode, ours: Collection[str], notes: list[str]) -> tuple[str, ...]:
    hidden = max(episode.alert.requests.estimate - episode.acts_with_target, 0)
    more = episode.targets_total > len(episode.targets)
    others = [one for one in episode.targets if one.value not in ours]
    odd = [one for one in others if one.type not in LISTED]
    if hidden or more or odd or not episode.targets or len(others) > MOST:
        why = (
            (f"{count(hidden, 'request')} of {episode.alert.requests.estimate:,} show no target", hidden),
            ("no request shows a target", not episode.targets),
            (f"search expressions, such as {some((one.value for one in odd), 1)}", odd),
            (f"{len(others)} targets that are not ours", len(others) > MOST or more),
        )
        notes.append(f"about anything: {'; '.join(said for said, holds in why if holds)}")
        return ("*",)
    own = ("own",) if len(others) < len(episode.targets) else ()
    return (*own, *_spelled(others))


def _spelled(targets: Sequence[Target]) -> tuple[str, ...]:
    """Values as the register takes them: of an address of e-mail its domain."""
    return tuple(dict.fromkeys(one.value.rpartition("@")[2] for one in targets))


def _clients(clients: Sequence[Client], notes: list[str]) -> tuple[str, ...]:
    """Tools by name, browsers by kind: their names change with every update."""
    words: dict[str, None] = {}
    for one in clients or (Client(),):
        if one.kind == "unknown" and not one.name:
            notes.append("with any program: the logs do not show which it was, or not always")
            return ()
        words[one.kind if one.kind == "browser" or not one.name else one.name.lower()] = None
    return tuple(words)


def _usual(episode: Episode, limits: Thresholds, notes: list[str]) -> int:
    """The median day of the actor, where it is known; never so little that this alert is too much."""
    own = episode.own
    least = ceil(episode.busiest_day / limits.overuse)
    if own.days >= limits.usual_days:
        notes.append(f"usual: {count(own.median_day, 'request')} on a day of the 30 before")
        return max(ceil(own.median_day), least, 1)
    notes.append(f"usual: as on this day, {count(episode.busiest_day, 'request')}; too few days are known")
    return max(episode.busiest_day, 1)


def filter_name(alert: str) -> str:
    """The name of the filter for an alert, and of its file."""
    return f"tune-{alert.lower()}"


def sigma_filter(episode: Episode, ours: Collection[str], terms: Terms) -> str:
    """A Sigma filter that takes the lookups of such an episode out of the rules that fired; as YAML.

    It holds for lookups between ``since`` and ``until`` only, so it ends by itself.
    """
    name = filter_name(episode.alert.id)
    document = {
        "title": f"Not alerted: {episode.key}, as in {episode.alert.id}"[:200],
        "name": name,
        "status": "experimental",
        "description": terms.reason,
        "author": terms.owner,
        "date": day(terms.since),
        "references": [terms.ticket] if terms.ticket else [],
        "logsource": {"product": "glasshouse", "category": "lookup"},
        "filter": {
            "rules": list(episode.alert.rules),
            "selection": list(_selections(episode, ours, terms)),
            "condition": "not selection",
        },
        "glasshouse": {"alert": episode.alert.id, "owner": terms.owner, "until": day(terms.until)},
    }
    head = f"# Tuned from {episode.alert.id}; ends by itself. Take it back: glasshouse tune undo {name}"
    body: str = yaml.safe_dump(
        {key: value for key, value in document.items() if value}, sort_keys=False, allow_unicode=False
    )
    return f"{head}\n{body}"


def _selections(episode: Episode, ours: Collection[str], terms: Terms) -> Iterator[dict[str, object]]:
    base: dict[str, object] = {
        "actor": episode.key,
        "time|gte": terms.since,
        "time|lt": terms.until,
    }
    clients = _clients(episode.clients, [])
    kinds = {one.kind for one in episode.clients}
    tools = sorted({one.name for one in episode.clients if one.kind == "tool" and one.name})
    if tools:  # the run of a tool, which no database shows
        yield {**base, "database": None, "client_name": tools}
    if not episode.databases:
        return
    base["database"] = list(episode.databases)
    if clients:
        base["client_kind"] = sorted(kinds)
    others = [one.value for one in episode.targets if one.value not in ours]
    if len(others) < len(episode.targets):
        yield {**base, "about_us": True}
    if others:
        yield {**base, "target": others}
    if episode.alert.requests.estimate > episode.acts_with_target or not episode.targets:
        yield {**base, "target": None}
