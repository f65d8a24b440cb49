"""Lookups seen behind address translation in; the same, tied to the one client that asked for the name, out.

A sensor at the edge sees the gateway's address, the resolver inside sees the client's. Where just one client
asked for the name in the minutes before (its cache may have kept the answer), the lookup is that client's,
and says so. A connection without a name (WHOIS) is tied to the only client that asked for any open database
just before. Where several did, or none, it stays with the gateway: nobody is accused by a guess.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from glasshouse.records import Actor, Lookup

BEFORE = 300_000_000  # microseconds that clients keep an answer: most names of open databases live as long
JUST_BEFORE = 10_000_000  # of a connection without a name: the client has just asked where to go
AFTER = 2_000_000  # clocks differ
NAMED, NAMELESS = ("tls", "http"), ("flow", "whois")


def gateways(lookups: Iterable[Lookup], is_gateway: Callable[[Actor], bool]) -> list[int]:
    """Which of the lookups were seen behind a gateway: their numbers in the sequence."""
    return [
        number
        for number, one in enumerate(lookups)
        if not one.proxied and one.via in (NAMED if one.name else NAMELESS) and is_gateway(one.actor)
    ]


def behind(
    lookups: Sequence[Lookup], questions: Iterable[Lookup], is_gateway: Callable[[Actor], bool]
) -> list[Lookup]:
    """The lookups; those of gateways are their clients', as the DNS questions tell."""
    numbers = gateways(lookups, is_gateway)
    if not numbers:
        return list(lookups)
    asked: dict[str | None, list[tuple[int, Actor]]] = defaultdict(list)
    for one in questions:
        if one.via == "dns" and one.name and one.actor.ip and not is_gateway(one.actor):
            asked[one.name].append((one.time, one.actor))
            asked[None].append((one.time, one.actor))
    for moments in asked.values():
        moments.sort(key=lambda moment: moment[0])
    out = list(lookups)
    for number in numbers:
        one = out[number]
        reach = BEFORE if one.name else JUST_BEFORE
        client = _only(asked.get(one.name, []), one.time - reach, one.time + AFTER)
        if client is not None:
            out[number] = _tied(out[number], client)
    return out


def _only(moments: Sequence[tuple[int, Actor]], first: int, last: int) -> Actor | None:
    """The one client that asked in that time; None when there is none, or more than one."""
    low = bisect_left(moments, first, key=lambda moment: moment[0])
    high = bisect_right(moments, last, key=lambda moment: moment[0])
    found = {actor.device or actor.ip: actor for _time, actor in moments[low:high]}
    return next(iter(found.values())) if len(found) == 1 else None


def _tied(lookup: Lookup, client: Actor) -> Lookup:
    gateway = lookup.actor.host or lookup.actor.ip
    what = "this name" if lookup.name else "an open database"
    told = f"seen behind {gateway}; the only client that asked for {what} then"
    doubt = f"{lookup.doubt}; {told}" if lookup.doubt else told
    return replace(lookup, actor=replace(client, process=None), doubt=doubt)
