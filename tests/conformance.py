"""Raw logs with other people's expectation beside them in; how far our Events agree, field by field, out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from conformance_reasons import REASONS, reason
from conformance_values import ASKED, FIELDS, SAME, at, ours, told
from glasshouse.leaf import Source, leaf_name, sources
from glasshouse.records import Event, SourceCount, Tally
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import HEAD, Record, detect, inputs, records
from glasshouse.watch.sift import read_one
from shared_data import LOGS

BAR = 0.99
TODAY = datetime(2026, 11, 21, tzinfo=UTC)  # for logs that write no year


@dataclass(frozen=True, slots=True)
class Pair:
    """One raw log and the documents expected of it: document N belongs to line N, or to the whole file."""

    format: str
    records: tuple[bytes, ...]
    expected: tuple[dict[str, Any], ...]
    schema: str
    where: Path


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not equal, for whoever looks into it; printed on demand, never written to a page."""

    format: str
    field: str
    record: int
    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    reason: str | None


@dataclass(slots=True)
class Row:
    """One field of one format, in records: compared = equal + explained + unexplained."""

    format: str
    leaves: tuple[str, ...]
    field: str
    equal: int = 0
    differences: list[Difference] = field(default_factory=list)
    no_event: int = 0  # the record is of a kind that shows no look-up
    silent: int = 0  # we read a value where the expectation names none

    @property
    def compared(self) -> int:
        """Records in which both sides could say something."""
        return self.equal + len(self.differences)

    @property
    def explained(self) -> int:
        """Differences with an entry in REASONS."""
        return sum(1 for one in self.differences if one.reason)

    @property
    def share(self) -> float:
        """Which part of what was compared is equal; 1 when nothing was."""
        return self.equal / self.compared if self.compared else 1.0


def pairs() -> Iterator[Pair]:
    """Every raw log that has an expectation beside it."""
    for expectation in sorted(LOGS.rglob("*.expected-ecs.ndjson")):
        raw = expectation.with_name(expectation.name.replace(".expected-ecs.ndjson", ".log"))
        expected = tuple(json.loads(line)["expected"] for line in expectation.read_text("utf-8").splitlines())
        yield _lines(raw, raw.stem.removeprefix("sekoia_"), expected)
    for expectation in sorted(LOGS.rglob("*.log-expected.json")):
        raw = expectation.with_name(expectation.name.removesuffix("-expected.json"))
        yield _lines(raw, raw.stem, tuple(json.loads(expectation.read_text("utf-8"))["expected"]))
    for expectation in sorted(LOGS.rglob("*.ocsf.json")):
        for raw in (
            expectation.with_name(expectation.name.replace(".ocsf.json", end)) for end in (".raw", ".event")
        ):
            if raw.exists():
                documents = json.loads(expectation.read_text("utf-8"))
                expected = tuple(documents if isinstance(documents, list) else [documents])
                yield Pair(f"ocsf {raw.stem}", (), expected, "ocsf", raw)


def _lines(raw: Path, name: str, expected: tuple[dict[str, Any], ...]) -> Pair:
    records = tuple(raw.read_bytes().rstrip(b"\n").split(b"\n"))
    if len(records) != len(expected):
        raise AssertionError(f"{raw.name}: {len(records)} lines, {len(expected)} expectations")
    return Pair(name, records, expected, "ecs", raw)


def detected(head: bytes) -> Source | None:
    """The surest source for these bytes, as the reader chooses it; None if none is."""
    scores = [(_sure(source, head), name, source) for name, source in sources().items()]
    sure, _name, best = max(scores, key=lambda one: (one[0], one[1]))
    return best if sure > 0 else None


def _sure(source: Source, head: bytes) -> int:
    try:
        return source.detect(head)
    except Exception:  # noqa: BLE001 -- the leaf boundary, as in the reader
        return 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What our sources made of one log: the Events of each record, and the records that none could read."""

    leaves: tuple[str, ...]
    events: tuple[tuple[Event, ...], ...]
    refused: tuple[int, ...]


def read(pair: Pair) -> Reading:
    """The Events of each record of a log.

    The format of the whole file reads each record; one that it cannot read (the file was put together from
    messages of several kinds) is read by the format that recognises the record alone.
    """
    if not pair.records:
        return _read_file(pair.where)
    whole = detected(b"\n".join(pair.records)[:HEAD])
    layouts: dict[str, Layout] = {}
    used, got, refused = {leaf_name(whole): None} if whole else {}, [], []
    for number, data in enumerate(pair.records, start=1):
        events: list[Event] = []
        understood = False
        for source in (whole, detected(data)):
            if source is None or events:
                continue
            layout = layouts.setdefault(leaf_name(source), Layout(today=TODAY))
            count = SourceCount()
            events = read_one(Record(data, number), source, layout, "", count, Tally())
            understood = understood or not count.quarantined
            if events:
                used[leaf_name(source)] = None
        got.append(tuple(events))
        refused += [] if understood else [number]
    return Reading(tuple(used), tuple(got), tuple(refused))


def _read_file(path: Path) -> Reading:
    (item,) = inputs([str(path)])
    source, _sure = detect(item)
    if source is None:
        return Reading((), ((),), (1,))
    layout, count, tally = Layout(today=TODAY), SourceCount(), Tally()
    every = records(item, source, None, count)
    got = tuple(event for record in every for event in read_one(record, source, layout, "", count, tally))
    return Reading((leaf_name(source),), (got,), (1,) * bool(count.quarantined))


@cache
def readings() -> dict[str, Reading]:
    """Every log with an expectation, as we read it."""
    return {pair.format: read(pair) for pair in pairs()}


@cache
def rows() -> tuple[Row, ...]:
    """One row for each format and field that either side names."""
    made: list[Row] = []
    for pair in pairs():
        found = readings()[pair.format]
        for name in FIELDS:
            row = Row(pair.format, found.leaves, name)
            for number, (document, got) in enumerate(zip(pair.expected, found.events, strict=True), start=1):
                raw = pair.records[number - 1] if pair.records else pair.where.read_bytes()
                _compare(row, number, document, told(document, pair.schema)[name], got, raw)
            if row.compared or row.no_event or row.silent:
                made.append(row)
    return tuple(made)


def _compare(
    row: Row,
    number: int,
    document: dict[str, Any],
    theirs: tuple[str, ...],
    got: tuple[Event, ...],
    raw: bytes,
) -> None:
    mine = ours(got, row.field)
    missed = not got and row.field == "name" and any(at(document, path) for path in ASKED)
    if not theirs:
        row.silent += bool(mine)
    elif not got and not missed:
        row.no_event += 1
    elif any(SAME[row.field](one, other) for one in theirs for other in mine):
        row.equal += 1
    else:
        why = reason(row.format, row.field, number, raw.decode("utf-8", "replace"), theirs, got)
        row.differences.append(Difference(row.format, row.field, number, theirs, mine, why))


def stale() -> list[str]:
    """Entries of REASONS that explain no difference any more."""
    known = {(one.format, one.field, one.record) for row in rows() for one in row.differences}
    read_now = {row.format for row in rows() if row.leaves}
    return [
        f"{name}, {part}, record {number}"
        for (name, part), entries in REASONS.items()
        for number in entries
        if name in read_now and (name, part, number) not in known
    ]
