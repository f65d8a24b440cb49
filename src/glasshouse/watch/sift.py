"""One log in, its lookups (or all its events) out; what cannot be read is counted and told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cache

from glasshouse.errors import GlasshouseError, Malformed
from glasshouse.leaf import Source, leaf_name
from glasshouse.records import Event, Lookup, SourceCount, Tally, Trouble
from glasshouse.watch.match import Matcher, Origin
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import Input, Record, records
from glasshouse.watch.sieve import Scan, patterns, scanner

TROUBLES_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Sifter:
    """Everything needed to turn logs into lookups: the matcher, its needles and how to read times."""

    matcher: Matcher
    needles: tuple[str, ...]
    tool_needles: tuple[str, ...]
    zone: tzinfo | None = None
    progress: Callable[[str, int], None] | None = None
    scans: dict[str, Scan] = field(default_factory=dict)

    def scan_for(self, source: Source) -> Scan:
        """The sieve of one log format, compiled once."""
        name = leaf_name(source)
        if name not in self.scans:
            needles = self.needles + (self.tool_needles if "process" in source.SEES else ())
            self.scans[name] = _compiled(needles, source.SPELLINGS, source.NEEDLES)
        return self.scans[name]


@cache
def _compiled(needles: tuple[str, ...], spellings: tuple[str, ...], extra: tuple[bytes, ...]) -> Scan:
    return scanner(patterns(needles, spellings, extra))


def layout_for(item: Input, zone: tzinfo | None) -> Layout:
    """A fresh layout for one file."""
    return Layout(today=item.today, zone=zone or UTC, zone_given=zone is not None)


def sift(item: Input, source: Source, sifter: Sifter, tally: Tally, sieve: bool = True) -> Iterator[Lookup]:
    """The lookups of one log; with ``sieve=False`` every record is parsed (slower, the same lookups)."""
    count = tally.of(leaf_name(source))
    layout = layout_for(item, sifter.zone)
    scan = sifter.scan_for(source) if sieve else None
    for record in _told(item, source, scan, count, tally):
        for event in read_one(record, source, layout, item.label, count, tally):
            yield from _matched(event, record, source, item.label, sifter, count, tally)


def events(
    item: Input, source: Source, zone: tzinfo | None, tally: Tally, scan: Scan | None = None
) -> Iterator[tuple[Record, Event]]:
    """Every event of one log with its record; with a scan, only those of records it points at."""
    count = tally.of(leaf_name(source))
    layout = layout_for(item, zone)
    for record in _told(item, source, scan, count, tally):
        for event in read_one(record, source, layout, item.label, count, tally):
            yield record, event


def _told(
    item: Input, source: Source, scan: Scan | None, count: SourceCount, tally: Tally
) -> Iterator[Record]:
    """The records; a file that breaks off becomes a trouble and the records before it stay."""
    try:
        yield from records(item, source, scan, count)
    except GlasshouseError as problem:
        trouble(tally, Trouble(item.label, None, problem.what, problem.next_step))


def read_one(
    record: Record, source: Source, layout: Layout, label: str, count: SourceCount, tally: Tally
) -> list[Event]:
    """The events of one record; a record that cannot be read is quarantined with its reason."""
    if record.reason:
        _quarantine(record, label, record.reason, count, tally)
        return []
    try:
        got = list(source.read(record.data, layout))
    except Malformed as reason:
        _quarantine(record, label, str(reason), count, tally)
        return []
    except Exception as fault:  # noqa: BLE001 -- the leaf boundary: a fault in a source is one bad record
        _quarantine(record, label, f"{leaf_name(source)} failed: {type(fault).__name__}", count, tally)
        return []
    count.parsed += 1
    count.kinds.update(_kind(event) for event in got)
    return got


def _kind(event: Event) -> str:
    if event.via == "http":
        return "url" if event.url else "connect"
    return event.via


def _matched(
    event: Event,
    record: Record,
    source: Source,
    label: str,
    sifter: Sifter,
    count: SourceCount,
    tally: Tally,
) -> list[Lookup]:
    origin = Origin(leaf_name(source), label, record.position, record_hash(record.data))
    try:
        found = sifter.matcher.lookups(event, origin)
    except Malformed as reason:
        count.parsed -= 1
        _quarantine(record, label, str(reason), count, tally)
        return []
    count.lookups += len(found)
    return found


def record_hash(data: bytes) -> str:
    """SHA-256 of the record without its line end, as hex."""
    return hashlib.sha256(data.rstrip(b"\r\n")).hexdigest()


def _quarantine(record: Record, label: str, reason: str, count: SourceCount, tally: Tally) -> None:
    count.quarantined += 1
    trouble(tally, Trouble(label, record.position, reason))


def trouble(tally: Tally, problem: Trouble) -> None:
    """Keep a trouble; beyond the first thousand only their number is kept."""
    if len(tally.troubles) < TROUBLES_KEPT:
        tally.troubles.append(problem)
    else:
        tally.troubles_dropped += 1
