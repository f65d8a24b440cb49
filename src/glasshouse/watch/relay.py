"""Lookups in; the same without those a proxy only made for its clients out: each act counts once.

Behind a proxy one request is logged twice: by the proxy, for the client, and by the resolver or the sensor
outside, for the proxy. A machine is taken for a proxy when it asked at least three times and four fifths of
what it asked was asked through a proxy by another machine at that very moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence

from glasshouse.records import Lookup

MARGIN = 2_000_000  # microseconds: clocks differ, and a name is resolved just before or after the log line
LEAST = 3
SHARE = 0.8

Spans = dict[str, list[tuple[int, int, str]]]


def without_relayed(lookups: Sequence[Lookup]) -> tuple[list[Lookup], int]:
    """The lookups that stand for themselves, and how many were a proxy's own copies of others."""
    asked: dict[str, int] = defaultdict(int)
    for lookup in lookups:
        if may_be_relayed(lookup):
            asked[lookup.actor.ip or ""] += 1
    explained: dict[str, set[int]] = defaultdict(set)
    for number in explained_by(lookups, lookups):
        explained[lookups[number].actor.ip or ""].add(number)
    relayed: set[int] = set()
    for ip, numbers in explained.items():
        if is_relay(asked[ip], len(numbers)):
            relayed |= numbers
    return [lookup for number, lookup in enumerate(lookups) if number not in relayed], len(relayed)


def may_be_relayed(lookup: Lookup) -> bool:
    """Whether a lookup is of the kind a proxy makes for its clients."""
    return not lookup.proxied and bool(lookup.actor.ip) and lookup.via in ("dns", "tls")


def is_relay(asked: int, explained: int) -> bool:
    """Whether a machine that asked so often, and so often just when others asked through a proxy, is one."""
    return explained >= LEAST and explained >= SHARE * asked


def explained_by(asked: Sequence[Lookup], proxied: Sequence[Lookup]) -> list[int]:
    """Which of the lookups were asked through a proxy by another machine at that very moment."""
    spans = _proxied(proxied)
    if not spans:
        return []
    return [
        number
        for number, lookup in enumerate(asked)
        if may_be_relayed(lookup) and _at_that_moment(lookup, spans)
    ]


def _proxied(lookups: Sequence[Lookup]) -> Spans:
    """When each name was asked for through a proxy, and by which address."""
    spans: Spans = defaultdict(list)
    for lookup in lookups:
        if lookup.proxied and lookup.name and lookup.actor.ip:
            spans[lookup.name].append((lookup.time, lookup.time + (lookup.duration or 0), lookup.actor.ip))
    for moments in spans.values():
        moments.sort()
    return spans


def _at_that_moment(lookup: Lookup, spans: Spans) -> bool:
    moments = spans.get(lookup.name or "", [])
    start = bisect_left(moments, (lookup.time + MARGIN + 1, 0, ""))
    for begin, end, ip in reversed(moments[max(0, start - 200) : start]):
        if ip != lookup.actor.ip and begin - MARGIN <= lookup.time <= end + MARGIN:
            return True
    return False
