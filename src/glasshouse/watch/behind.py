"""Lookups seen behind address translation in; the same, tied to the one client that asked for the name, out.

A sensor at the edge sees the gateway's address, the resolver inside sees the client's. Where just one client
asked for the name in the seconds before, or nobody then and one in the minutes before (its cache may have
kept the answer), the lookup is that client's, and says so. A connection without a name (WHOIS) is tied to the
only client that asked for any open database just before. Else it stays with the gateway: nobody is accused by
a guess.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from glasshouse.records import Actor, Lookup

BEFORE = 300_000_000  # microseconds that clients keep an answer: most names of open databases live as long
JUST_BEFORE = 10_000_000  # a client that just asked for a name goes there
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
        client = _client(asked.get(one.name, []), one)
        out[number] = _tied(one, client) if client else one
    return out


def _client(moments: Sequence[tuple[int, Actor]], lookup: Lookup) -> Actor | None:
    """The only client that asked just before, else the only one whose cache may still have the answer."""
    for reach in (JUST_BEFORE, BEFORE) if lookup.name else (JUST_BEFORE,):
        clients = _clients(moments, lookup.time - reach, lookup.time + AFTER)
        if clients:
            return clients[0] if len(clients) == 1 else None
    return None


def _clients(moments: Sequence[tuple[int, Actor]], first: int, last: int) -> list[Actor]:
    """Who asked in that time, each once."""
    low = bisect_left(moments, first, key=lambda moment: moment[0])
    high = bisect_right(moments, last, key=lambda moment: moment[0])
    found = {actor.device or actor.ip: actor for _time, actor in moments[low:high]}
    return list(found.values())


def _tied(lookup: Lookup, client: Actor) -> Lookup:
    gateway = lookup.actor.host or lookup.actor.ip
    what = "this name" if lookup.name else "an open database"
    told = f"seen behind {gateway}; the only client that asked for {what} then"
    doubt = f"{lookup.doubt}; {told}" if lookup.doubt else told
    return replace(lookup, actor=replace(client, process=None), doubt=doubt)
