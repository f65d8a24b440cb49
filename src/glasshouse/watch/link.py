"""Second look: lookups in, the same lookups completed by other records of their connection or act out.

The line that names the database (a TLS hello) is rarely the line that tells how much was sent (the flow).
Formats that write both say so with LINKED and give both records one Event.link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from glasshouse.leaf import Source, leaf_name
from glasshouse.records import Actor, Event, Lookup, Requests, Tally
from glasshouse.watch.read import Input
from glasshouse.watch.sieve import scanner
from glasshouse.watch.sift import Sifter, events
from glasshouse.watch.volume import requests_in

MANY = 20_000  # more links than this: read all records of the format instead of sieving for ids
_WORTH = ("tls", "http/connect", "process", "flow", "whois", "sql")

Links = dict[tuple[str, str], list[Event]]


def complete(lookups: list[Lookup], logs: Sequence[tuple[Input, Source]], sifter: Sifter) -> list[Lookup]:
    """The lookups, those of linked formats filled with sizes, times and accounts of their link."""
    wanted: dict[str, set[str]] = {}
    for lookup in lookups:
        if lookup.link and lookup.view in _WORTH:
            wanted.setdefault(lookup.source, set()).add(lookup.link)
    found: Links = {}
    for item, source in logs:
        ids = wanted.get(leaf_name(source), set())
        if source.LINKED and ids:
            _collect(item, source, ids, sifter, found)
    if not found:
        return lookups
    return [_filled(lookup, found) for lookup in lookups]


def _collect(item: Input, source: Source, ids: set[str], sifter: Sifter, found: Links) -> None:
    headers = [pattern for pattern in source.NEEDLES if pattern.startswith(b"(?m)^")]
    literals = [re.escape(link).encode() for link in sorted(ids)]
    scan = scanner([*literals, *headers]) if len(ids) <= MANY else None
    for _record, event in events(item, source, sifter.zone, Tally(), scan):
        if event.link in ids and (event.via == "flow" or event.user or event.process):
            found.setdefault((leaf_name(source), event.link), []).append(event)


def _filled(lookup: Lookup, found: Links) -> Lookup:
    if not lookup.link or lookup.view not in _WORTH:
        return lookup
    linked = found.get((lookup.source, lookup.link))
    if not linked:
        return lookup
    whole = replace(
        lookup,
        actor=_actor(lookup.actor, linked),
        bytes_out=_most(lookup.bytes_out, (event.bytes_out for event in linked)),
        bytes_in=_most(lookup.bytes_in, (event.bytes_in for event in linked)),
        packets_out=_most(lookup.packets_out, (event.packets_out for event in linked)),
        duration=_most(lookup.duration, (event.duration for event in linked)),
    )
    return replace(whole, requests=_requests(whole))


def _requests(lookup: Lookup) -> Requests:
    """The number of requests, judged again now that the size of the connection is known."""
    seen = Event(
        via=lookup.via,
        method="CONNECT" if lookup.view == "http/connect" else None,
        bytes_out=lookup.bytes_out,
        bytes_in=lookup.bytes_in,
        packets_out=lookup.packets_out,
        duration=lookup.duration,
    )
    again = requests_in(seen, lookup.client, lookup.name)
    return again if again.estimate > lookup.requests.estimate else lookup.requests


def _actor(actor: Actor, linked: Iterable[Event]) -> Actor:
    for event in sorted(linked, key=lambda each: (each.time or 0, repr(each))):
        actor = Actor(
            actor.user or event.user,
            actor.host or event.host,
            actor.ip or event.ip,
            actor.process or event.process,
        )
    return actor


def _most(own: int | None, others: Iterable[int | None]) -> int | None:
    known = [value for value in (own, *others) if value is not None]
    return max(known) if known else None
