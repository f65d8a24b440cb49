"""Logs at hand in; out what kinds of record they hold, of how many machines, between which times.

A cheap pass: of a large log its beginning and its end are parsed, not all of it. Nothing is sieved, so kinds
are known of logs without a single lookup in them, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from glasshouse.config import Zones
from glasshouse.errors import GlasshouseError
from glasshouse.leaf import Source, leaf_name
from glasshouse.ledger import Count, Heard
from glasshouse.records import Event, SourceCount, Tally, Trouble
from glasshouse.watch.identity import part
from glasshouse.watch.ledger_kinds import CARRIED, carried, kinds_of
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import Input, records
from glasshouse.watch.sift import layout_for, read_one, trouble
from glasshouse.watch.span import Span

FIRST = 20_000  # records of the beginning of a log
TAIL = 512 << 10  # bytes of its end
MOST_CLIENTS = 100_000  # counted; more are said to be so many or more
_PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"PAR1", b"ElfFile")


@dataclass(slots=True)
class Seen:
    """What was seen of one log format."""

    kinds: Counter[str] = field(default_factory=Counter)
    clients: dict[str, set[str]] = field(default_factory=dict)  # by kind
    carries: set[str] = field(default_factory=set)
    records: int = 0
    first: int | None = None
    last: int | None = None
    whole: bool = True  # every record was looked at
    logs: int = 0

    def add(self, event: Event) -> None:
        """Take in one more event."""
        kinds = kinds_of(event)
        self.kinds.update(kinds)
        self.carries |= carried(event)
        who = event.host or event.ip or event.user
        for kind in kinds if who else ():
            known = self.clients.setdefault(kind, set())
            if who and len(known) < MOST_CLIENTS:
                known.add(who.lower())
        if event.time is not None:
            self.first = event.time if self.first is None else min(self.first, event.time)
            self.last = event.time if self.last is None else max(self.last, event.time)


def look(
    item: Input,
    source: Source,
    zone: Zones | tzinfo | None,
    seen: dict[str, Seen],
    tally: Tally,
    whole: bool = False,
) -> None:
    """Add what one log shows; records that cannot be read are counted as in every other run."""
    one = seen.setdefault(leaf_name(source), Seen())
    one.logs += 1
    layout = layout_for(item, zone, source)
    try:
        more = _begin(item, source, layout, one, tally, whole)
    except GlasshouseError as problem:
        trouble(tally, Trouble(item.label, None, problem.what, problem.next_step))
        return
    if more:
        one.whole = False
        _end(item, source, layout, one)


def _begin(item: Input, source: Source, layout: Layout, one: Seen, tally: Tally, whole: bool) -> bool:
    """The first records, or all; whether there are more."""
    count = tally.of(leaf_name(source))
    for number, record in enumerate(records(item, source, None, count)):
        if number >= FIRST and not whole:
            return True
        one.records += 1
        for event in read_one(record, source, layout, item.label, count, tally):
            one.add(event)
    return False


def _end(item: Input, source: Source, layout: Layout, one: Seen) -> None:
    """The last records of a log that is cut by its lines; the first of them is cut in two and left out."""
    if source.CUT not in ("lines", "csv") or item.size <= TAIL or _packed(item):
        return
    tail = replace(item, span=Span(item.size - TAIL, item.size))
    with suppress(GlasshouseError):
        for event in _after_first(tail, source, layout):
            one.add(event)


def _after_first(item: Input, source: Source, layout: Layout) -> Iterator[Event]:
    """Events of a part of a log, without its first record; what is wrong is not told twice."""
    count, told = SourceCount(), Tally()
    for number, record in enumerate(records(item, source, None, None)):
        found = read_one(record, source, layout, item.label, count, told)
        if number:
            yield from found


def _packed(item: Input) -> bool:
    return part(item.path, 0, 8).startswith(_PACKED)


def heard(seen: Mapping[str, Seen]) -> tuple[Heard, ...]:
    """One source for each log format, as these logs show it."""
    return tuple(_heard(name, one) for name, one in sorted(seen.items()))


def _heard(name: str, one: Seen) -> Heard:
    some = "every record" if one.whole else f"{one.records:,} records of the beginnings, and the ends,"
    logs = f"{one.logs:,} logs" if one.logs != 1 else "1 log"
    each = [Count(kind, records, len(one.clients.get(kind, ()))) for kind, records in one.kinds.items()]
    clients = len(set[str]().union(*one.clients.values())) or None
    return Heard(
        source=name,
        name=name,
        state="heard",
        says=f"{some} of {logs} looked at; whether it still speaks, logs at hand do not tell",
        kinds=tuple(sorted(one.kinds)),
        records=one.records,
        clients=clients,
        first=one.first,
        last=one.last,
        each=tuple(sorted(each, key=lambda count: count.kind)),
        carries=tuple(fact for fact in CARRIED if fact in one.carries),
    )
