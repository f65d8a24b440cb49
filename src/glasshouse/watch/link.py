"""Second look: lookups in, the same lookups completed by other records of their connection or act out.

The line that names the database (a TLS hello) is rarely the line that tells how much was sent (the flow).
Formats that write both say so with LINKED and give both records one Event.link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from glasshouse.errors import GlasshouseError
from glasshouse.leaf import Source
from glasshouse.records import Actor, Event, Lookup, Requests, SourceCount, Tally
from glasshouse.watch.clean import address_of
from glasshouse.watch.read import Input, records
from glasshouse.watch.sieve import Scan, scanner
from glasshouse.watch.sift import Sifter, layout_for, read_one
from glasshouse.watch.volume import requests_in
from glasshouse.watch.wrapped import names_in

MANY = 20_000  # more links than this: read all records of the format instead of sieving for ids
_CARRIERS = ("tls", "http/connect", "process", "flow", "whois", "sql")

_ACTOR = ("user", "host", "ip", "process")
_SIZES = ("bytes_out", "bytes_in", "packets_out", "duration")


@dataclass(slots=True)
class Whole:
    """What the records of one link say together: the earliest word on the actor, the largest sizes."""

    said: dict[str, tuple[int, str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def add(self, event: Event) -> None:
        """Take in one more record; the order of records does not matter."""
        for name in _ACTOR:
            value = getattr(event, name)
            if value is not None:
                word = (event.time or 0, value)
                self.said[name] = min(self.said.get(name, word), word)
        for name in _SIZES:
            size = getattr(event, name)
            if size is not None:
                self.sizes[name] = max(self.sizes.get(name, size), size)


Links = dict[tuple[str, str], Whole]


def complete(lookups: list[Lookup], logs: Sequence[tuple[Input, Source]], sifter: Sifter) -> list[Lookup]:
    """The lookups, those of linked formats filled with sizes, times and accounts of their link."""
    wanted: dict[str, set[str]] = {}
    for lookup in lookups:
        if _worth(lookup) and lookup.link:
            wanted.setdefault(lookup.source, set()).add(lookup.link)
    found: Links = {}
    for item, source in logs:
        ids = {link for name in names_in(source) for link in wanted.get(name, ())}
        if source.LINKED and ids:
            _collect(item, source, ids, sifter, found)
    if not found:
        return lookups
    return [_filled(lookup, found) for lookup in lookups]


def _collect(item: Input, source: Source, ids: set[str], sifter: Sifter, found: Links) -> None:
    headers = [pattern for pattern in source.NEEDLES if pattern.startswith((b"(?m)^", b"#"))]
    parts = sorted({link.partition(" ")[0] for link in ids})  # "process machine": the two stand apart
    literals = [re.escape(part).encode() for part in parts]
    scan = scanner([*literals, *headers]) if len(ids) <= MANY else None
    for event in _events(item, source, sifter, scan):
        if event.link in ids and (event.via == "flow" or event.user or event.process):
            for name in names_in(source):
                found.setdefault((name, event.link), Whole()).add(event)


def _events(item: Input, source: Source, sifter: Sifter, scan: Scan | None) -> Iterator[Event]:
    """The events of one log again; what is wrong with it was counted and told the first time."""
    layout, count = layout_for(item, sifter.zone, source), SourceCount()
    with suppress(GlasshouseError):
        for record in records(item, source, scan, None):
            yield from read_one(record, source, layout, item.label, count, Tally())


def _filled(lookup: Lookup, found: Links) -> Lookup:
    if not _worth(lookup) or not lookup.link:
        return lookup
    linked = found.get((lookup.source, lookup.link))
    if linked is None:
        return lookup
    told = {name: value for name, (_time, value) in linked.said.items()}
    own = lookup.actor
    whole = replace(
        lookup,
        actor=Actor(
            own.user or told.get("user"),
            own.host or told.get("host"),
            own.ip or address_of(told.get("ip")),
            own.process or told.get("process"),
            own.device,
        ),
        bytes_out=_most(lookup.bytes_out, linked.sizes.get("bytes_out")),
        bytes_in=_most(lookup.bytes_in, linked.sizes.get("bytes_in")),
        packets_out=_most(lookup.packets_out, linked.sizes.get("packets_out")),
        duration=_most(lookup.duration, linked.sizes.get("duration")),
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


def _most(own: int | None, other: int | None) -> int | None:
    return max(filter(None, (own, other)), default=own if own is not None else other)


def _worth(lookup: Lookup) -> bool:
    """Whether other records may add something: sizes to a connection, an address to a machine's own word."""
    return lookup.view in _CARRIERS or lookup.actor.ip is None
