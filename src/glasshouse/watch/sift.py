"""One log in, its lookups (or all its events) out; what cannot be read is counted and told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cache

from glasshouse.config import Zones
from glasshouse.errors import GlasshouseError, Malformed
from glasshouse.leaf import Source, leaf_name
from glasshouse.records import Event, Lookup, SourceCount, Tally, Trouble
from glasshouse.watch.ledger_kinds import kinds_of
from glasshouse.watch.match import Matcher, Origin
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import Input, Record, records
from glasshouse.watch.sieve import Scan, patterns, scanner
from glasshouse.watch.wrapped import Wrapped, pieces

TROUBLES_KEPT = 1000
MICRO = 1_000_000
EARLIEST, LATEST = -62_135_596_800 * MICRO, 253_402_300_800 * MICRO  # the years 1 to 9999
OLD, FAR = 631_152_000 * MICRO, 4_102_444_800 * MICRO  # 1990, 2100


@dataclass(slots=True)
class _Got:
    """What one record gave: its events, each with the name of its source; the sources asked; what failed."""

    events: list[tuple[str, Event]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str | None:
        """Why the record, or some of the records in it, cannot be read."""
        if not self.reasons or len(self.sources) < 2:
            return next(iter(self.reasons), None)
        return f"{len(self.reasons)} of {len(self.sources)} records in it: {self.reasons[0]}"


@dataclass(frozen=True, slots=True)
class Sifter:
    """Everything needed to turn logs into lookups: the matcher, its needles and how to read times."""

    matcher: Matcher
    needles: tuple[str, ...]
    tool_needles: tuple[str, ...]
    zone: tzinfo | Zones | None = None
    scans: dict[str, Scan] = field(default_factory=dict)

    def scan_for(self, source: Source) -> Scan:
        """The sieve of one log format, compiled once."""
        name = leaf_name(source)
        if isinstance(source, Wrapped):
            name += f" wrapped {source.SPELLINGS} {source.NEEDLES} {source.SEES}"
        if name not in self.scans:
            needles = self.needles + (self.tool_needles if "process" in source.SEES else ())
            self.scans[name] = _compiled(needles, source.SPELLINGS, source.NEEDLES)
        return self.scans[name]


@cache
def _compiled(needles: tuple[str, ...], spellings: tuple[str, ...], extra: tuple[bytes, ...]) -> Scan:
    return scanner(patterns(needles, spellings, extra))


def layout_for(item: Input, zone: tzinfo | Zones | None, source: Source | None = None) -> Layout:
    """A fresh layout for one file; of several zones, the one said for its source."""
    if item.span and item.span.layout:
        return replace(item.span.layout, notes=dict(item.span.layout.notes))
    if isinstance(zone, Zones):
        zone = zone.of(leaf_name(source) if source else "")
    return Layout(today=item.today, zone=zone or UTC, zone_given=zone is not None)


def sift(
    item: Input,
    source: Source,
    sifter: Sifter,
    tally: Tally,
    sieve: bool = True,
    layout: Layout | None = None,
) -> Iterator[Lookup]:
    """The lookups of one log; with ``sieve=False`` every record is parsed (slower, the same lookups).

    A layout that is given tells afterwards what the source remembers, for the next part of the file.
    """
    count = tally.of(leaf_name(source))
    layout = layout or layout_for(item, sifter.zone, source)
    scan = sifter.scan_for(source) if sieve else None
    for record in _told(item, source, scan, count, tally):
        got = _parsed(record, source, layout)
        found, refused = _matched(got, record, item.label, sifter)
        _account(record, source, item.label, got, count, tally, refused)
        for lookup in found:
            tally.of(lookup.source).lookups += 1
        yield from found


def events(
    item: Input, source: Source, zone: tzinfo | Zones | None, tally: Tally, scan: Scan | None = None
) -> Iterator[tuple[Record, Event]]:
    """Every event of one log with its record; with a scan, only those of records it points at."""
    count = tally.of(leaf_name(source))
    layout = layout_for(item, zone, source)
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
    got = _parsed(record, source, layout)
    _account(record, source, label, got, count, tally)
    return [event for _name, event in got.events]


def _parsed(record: Record, source: Source, layout: Layout) -> _Got:
    """The events of one record, and why the rest of it (or all of it) cannot be read."""
    got = _Got()
    if record.reason:
        got.reasons.append(record.reason)
        return got
    name = leaf_name(source)
    try:
        for leaf, some in pieces(source, record.data, layout):
            name = leaf_name(leaf)
            got.sources.append(name)
            _take(name, some, got)
    except Malformed as reason:
        got.reasons.append(str(reason))
    except Exception as fault:  # noqa: BLE001 -- the leaf boundary: a fault in an envelope is one bad record
        got.reasons.append(f"{name} failed: {type(fault).__name__}")
    return got


def _take(name: str, some: Iterator[Event], got: _Got) -> None:
    """The events of one record inside a record: what is wrong with it hides no other."""
    try:
        for event in some:
            got.events.append((name, _timely(event)))
    except Malformed as reason:
        got.reasons.append(str(reason))
    except Exception as fault:  # noqa: BLE001 -- the leaf boundary: a fault in a source is one bad record
        got.reasons.append(f"{name} failed: {type(fault).__name__}")


def _timely(event: Event) -> Event:
    """The event, with a doubt when no clock that is right says so. Raises Malformed outside the calendar."""
    when = event.time
    if when is None or OLD <= when < FAR:
        return event
    if not EARLIEST <= when < LATEST:
        raise Malformed("time is out of range")
    doubt = (
        "a time before 1990: a clock not set, or counted from a start" if when < OLD else "a time after 2100"
    )
    return replace(event, doubt="; ".join(filter(None, (event.doubt, doubt))))


def _account(
    record: Record,
    source: Source,
    label: str,
    got: _Got,
    count: SourceCount,
    tally: Tally,
    refused: str | None = None,
) -> None:
    """Each record is either parsed or quarantined, or of another kind: of none of the sources in its log."""
    name = next(iter(got.sources), leaf_name(source))
    if name != leaf_name(source):
        count = _handed_on(record, count, tally.of(name))
    for whose, event in got.events:
        (count if whose == name else tally.of(whose)).kinds |= {_kind(event), *kinds_of(event)}
    reason = got.reason or refused
    if reason is None:
        count.parsed += bool(got.sources) or not isinstance(source, Wrapped)
        return
    count.quarantined += 1
    problem = Trouble(label, record.position, reason)
    trouble(tally, problem)
    if tally.keep:
        tally.keep(name, problem, record.data)


def _handed_on(record: Record, count: SourceCount, other: SourceCount) -> SourceCount:
    """Count a record with the source that read it, not with the first of those in its log."""
    for each, sign in ((count, -1), (other, 1)):
        each.records += sign
        each.candidates += sign
        each.bytes += sign * len(record.data)
    return other


def _kind(event: Event) -> str:
    if event.via == "http":
        return "url" if event.url else "connect"
    return event.via


def _matched(got: _Got, record: Record, label: str, sifter: Sifter) -> tuple[list[Lookup], str | None]:
    """The lookups of one record's events, and why some of them cannot be told."""
    found: list[Lookup] = []
    refused: str | None = None
    origins: dict[str, Origin] = {}
    for name, event in got.events:
        if name not in origins:
            origins[name] = Origin(name, label, record.position, record_hash(record.data))
        try:
            found += sifter.matcher.lookups(event, origins[name])
        except Malformed as reason:
            refused = str(reason)
        except GlasshouseError:
            raise
        except Exception as fault:  # noqa: BLE001 -- what log text does to us is one bad record
            refused = f"match failed: {type(fault).__name__}"
    return found, refused


def record_hash(data: bytes) -> str:
    """SHA-256 of the record without its line end, as hex."""
    return hashlib.sha256(data.rstrip(b"\r\n")).hexdigest()


def trouble(tally: Tally, problem: Trouble) -> None:
    """Keep a trouble; beyond the first thousand only their number is kept."""
    if len(tally.troubles) < TROUBLES_KEPT:
        tally.troubles.append(problem)
    else:
        tally.troubles_dropped += 1
