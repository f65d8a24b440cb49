"""Alerts of the lake in; out, per alert, everything its lookups say, beside what is usual."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from glasshouse.lake import alerts, profile, state, usage
from glasshouse.lake.alerts import Kept
from glasshouse.lake.profile import Profile, Span
from glasshouse.lake.store import Lake
from glasshouse.lake.usage import DAY, Baselines
from glasshouse.records import Alert
from glasshouse.verdicts import Episode
from glasshouse.watch.actors import account, host_key

AT_ONCE = 10_000  # episodes whose keys are looked for together
LOOKUPS_AT_ONCE = 200_000  # of as many episodes as have so many, all is gathered together
EARLIER = 90 * DAY
GroupOf = Callable[[Sequence[str], Sequence[str]], str | None]  # accounts, hosts: the group they are of
KeyOf = Callable[[str], str | None]  # an account as a log spells it: the name it counts under


def episodes(
    lake: Lake, chosen: Sequence[Kept], group_of: GroupOf, key_of: KeyOf = account
) -> Iterator[Episode]:
    """The episodes of some alerts, earliest first, so that each part of the lake is read once."""
    if not chosen:
        return
    ordered = sorted(chosen, key=lambda one: (one.alert.first_seen, one.alert.id))
    low, high = ordered[0].alert.first_seen, max(one.alert.last_seen for one in chosen)
    known = usage.baselines(lake, low, high, {one.actor for one in chosen})
    groups = _groups(lake, known, group_of)
    for at in range(0, len(ordered), AT_ONCE):
        many = ordered[at : at + AT_ONCE]
        users = profile.key_users(lake, list(_spans(lake, enumerate(many))))
        for some in _pieces(many):
            found = profile.profiles(lake, list(_spans(lake, some)))
            for number, kept in some:
                seen = found.get(number) or Profile()
                seen = seen if seen.vias else _as_told(kept.alert)
                seen.key_users = users.get(number, ())
                yield _episode(lake, kept, seen, known, groups, group_of, key_of)


def _pieces(many: Sequence[Kept]) -> Iterator[list[tuple[int, Kept]]]:
    """Alerts with their numbers, as many at once as have not too many lookups."""
    piece: list[tuple[int, Kept]] = []
    size = 0
    for number, kept in enumerate(many):
        if piece and size + kept.alert.lookups > LOOKUPS_AT_ONCE:
            yield piece
            piece, size = [], 0
        piece.append((number, kept))
        size += kept.alert.lookups
    yield piece


def _spans(lake: Lake, chosen: Iterable[tuple[int, Kept]]) -> Iterator[Span]:
    for number, kept in chosen:
        first, last = kept.alert.first_seen, kept.alert.last_seen
        for node, low, high in state.nodes_of(lake.db, kept.actor, first, last):
            yield Span(number, node, low, high)


def _groups(lake: Lake, known: Baselines, group_of: GroupOf) -> dict[str, frozenset[str]]:
    """The actors of each group."""
    names: dict[str, tuple[list[str], list[str]]] = {}
    for key, node in usage.nodes(lake, known.low * DAY, known.high * DAY + DAY):
        accounts, hosts = names.setdefault(key, ([], []))
        if node.startswith("2:"):
            accounts.append(node[2:])
        elif node.startswith("1:"):
            hosts.append(node[2:])
    groups: dict[str, set[str]] = {}
    for key, (accounts, hosts) in names.items():
        group = group_of(accounts, hosts)
        if group is not None:
            groups.setdefault(group, set()).add(key)
    return {group: frozenset(keys) for group, keys in groups.items()}


def _episode(
    lake: Lake,
    kept: Kept,
    seen: Profile,
    known: Baselines,
    groups: Mapping[str, frozenset[str]],
    group_of: GroupOf,
    key_of: KeyOf,
) -> Episode:
    first, day = kept.alert.first_seen, kept.alert.first_seen // DAY
    episode = _as_seen(kept, seen, known, key_of)
    group = group_of(episode.accounts, episode.hosts)
    peers, peer_actors = known.others(groups.get(group or "", frozenset()), kept.actor, day)
    return replace(
        episode,
        own=known.own(kept.actor, day),
        first_seen=_first_seen(lake, kept, episode.databases),
        actors_of_databases=known.prevalence(episode.databases, day),
        actors_total=known.actors(day),
        peers=peers,
        peer_actors=peer_actors,
        estate=known.estate(day),
        days_known=known.days_known(day),
        earlier_alerts=alerts.earlier(lake, kept.actor, first, first - EARLIER),
    )


def _as_seen(kept: Kept, seen: Profile, known: Baselines, key_of: KeyOf) -> Episode:
    """What the lookups of an alert say, without anything to compare with.

    The lookups of its actor in its time are looked at, also those that no rule ties: what they hide counts as
    hidden. The busiest day and hour are counted as those are that they are compared with.
    """
    alert, asked = kept.alert, kept.alert.requests.estimate
    day, hour = known.busiest(kept.actor, alert.first_seen, alert.last_seen)
    return Episode(
        alert=alert,
        key=kept.actor,
        accounts=_each(key_of(user) for user in (*seen.users, *alert.users)),
        hosts=_each(host_key(host) for host in seen.hosts),
        ips=seen.ips,
        processes=seen.processes,
        targets=tuple(seen.targets),
        targets_total=seen.targets_total,
        acts_with_target=max(0, min(seen.shown, asked - seen.hidden)),
        databases=seen.databases or alert.databases,
        techniques=seen.techniques or alert.techniques,
        clients=seen.clients,
        keys=seen.keys,
        key_accounts=_each(key_of(user) for user in seen.key_users),
        vias=seen.vias,
        sources=seen.sources,
        busiest_day=min(day or seen.busiest_day, seen.busiest_day, asked),
        busiest_hour=min(hour or seen.busiest_hour, seen.busiest_hour, asked),
        bytes_out=seen.bytes_out,
        bytes_in=seen.bytes_in,
        gaps=seen.gaps,
        median_gap=seen.median_gap,
        mad_gap=seen.mad_gap,
        night_share=seen.night_share,
    )


def _as_told(alert: Alert) -> Profile:
    """What an alert itself says of its lookups, when the lake has forgotten them: the first of it."""
    return Profile(
        hosts=(alert.actor.host,) if alert.actor.host else (),
        ips=(alert.actor.ip,) if alert.actor.ip else (),
        processes=(alert.actor.process,) if alert.actor.process else (),
        clients=alert.clients,
        vias=tuple(sorted({view.partition("/")[0] for view in alert.visibility.seen_through})),
        sources=alert.visibility.sources,
        targets=list(alert.targets),
        targets_total=alert.targets_total,
    )


def _each(values: Iterator[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


def _first_seen(lake: Lake, kept: Kept, databases: Sequence[str]) -> int | None:
    first = kept.alert.first_seen
    firsts = state.firsts_of(lake.db, kept.actor, first, first)
    times = [time for (_season, name), time in firsts.items() if name in databases and time < first]
    return min(times, default=None)
