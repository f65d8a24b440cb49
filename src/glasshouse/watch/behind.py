"""Lookups seen behind address translation in; the same, tied to the one client that asked for the name, out.

A sensor at the edge sees the gateway's address, the resolver inside sees the client's. Where just one client
asked for the name in the minutes before (its cache may have kept the answer), the lookup is that client's,
and says so. Where several did, or none, it stays with the gateway: nobody is accused by a guess.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from glasshouse.records import Actor, Lookup

BEFORE = 300_000_000  # microseconds that clients keep an answer: most names of open databases live as long
AFTER = 2_000_000  # clocks differ
KINDS = ("tls", "http")


def gateways(lookups: Iterable[Lookup], is_gateway: Callable[[Actor], bool]) -> list[int]:
    """Which of the lookups were seen behind a gateway, with a name: their numbers in the sequence."""
    return [
        number
        for number, one in enumerate(lookups)
        if one.via in KINDS and one.name and not one.proxied and is_gateway(one.actor)
    ]


def behind(
    lookups: Sequence[Lookup], questions: Iterable[Lookup], is_gateway: Callable[[Actor], bool]
) -> list[Lookup]:
    """The lookups; those of gateways are their clients', as the DNS questions tell."""
    numbers = gateways(lookups, is_gateway)
    if not numbers:
        return list(lookups)
    asked: dict[str, list[tuple[int, Actor]]] = defaultdict(list)
    for one in questions:
        if one.via == "dns" and one.name and one.actor.ip and not is_gateway(one.actor):
            asked[one.name].append((one.time, one.actor))
    for moments in asked.values():
        moments.sort(key=lambda moment: moment[0])
    out = list(lookups)
    for number in numbers:
        client = _only(asked.get(out[number].name or "", []), out[number].time)
        if client is not None:
            out[number] = _tied(out[number], client)
    return out


def _only(moments: Sequence[tuple[int, Actor]], time: int) -> Actor | None:
    """The one client that asked in time; None when there is none, or more than one."""
    low = bisect_left(moments, time - BEFORE, key=lambda moment: moment[0])
    high = bisect_right(moments, time + AFTER, key=lambda moment: moment[0])
    found = {actor.device or actor.ip: actor for _time, actor in moments[low:high]}
    return next(iter(found.values())) if len(found) == 1 else None


def _tied(lookup: Lookup, client: Actor) -> Lookup:
    gateway = lookup.actor.host or lookup.actor.ip
    told = f"seen behind {gateway}; the only client that asked for this name then"
    doubt = f"{lookup.doubt}; {told}" if lookup.doubt else told
    return replace(lookup, actor=replace(client, process=None), doubt=doubt)
