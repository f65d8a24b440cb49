"""The first bytes of a log in; the source that is surest about them out, in its envelopes if it has any."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from glasshouse.contracts import Envelope
from glasshouse.errors import Malformed
from glasshouse.leaf import Source, envelopes, leaf_name, sources
from glasshouse.watch.cut import CUTTERS
from glasshouse.watch.documents import documents, is_documents
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner
from glasshouse.watch.tables import frames, is_members, is_parquet, members
from glasshouse.watch.wrapped import Choice, Wrapped, pieces

DEEPEST = 3  # Splunk's export of what a syslog daemon had from a container
RECORDS, PROGRAMS, TRIED, SINGLY = 4000, 60, 10, 12  # looked at: in all, programs, of each one, one by one
SURE = 85
Found = tuple[Source | None, int]


@dataclass(slots=True)
class _Group:
    """The first records of one program: as they came, and what was in them."""

    outer: list[bytes] = field(default_factory=list)
    inner: list[bytes] = field(default_factory=list)


class _Score(NamedTuple):
    """What a source sees in some records, and whether that is about all there is in them."""

    points: int
    refused: int
    clear: bool


def recognise(head: bytes, only: Source | None = None, depth: int = DEEPEST) -> Found:
    """The source that is surest about a head, and how sure; (None, 0) if none is.

    With ``only``, that source, bare or in the envelopes the head shows.
    """
    bare, sure = (None, 0) if is_parquet(head) else (only, 1) if only else _surest(head)
    envelope, worn = _envelope(head) if depth else (None, 0)
    if envelope is None:
        return bare, sure
    groups = _groups(envelope, head)
    alike = envelope.HEADER and envelope.CUT == "lines"  # bare, its records would be the same
    if bare and not only and alike and sure >= SURE and len(groups) == 1 and _reads(bare, groups):
        return bare, sure
    wrapped = _wrapped(envelope, groups, only, depth)
    if wrapped is None:
        return bare, sure
    if bare is None:
        return wrapped, worn
    if alike or (envelope.CUT == bare.CUT and not is_members(head)):
        ours = theirs = [record for group in groups.values() for record in group.outer[:TRIED]]
    else:
        ours, theirs = (list(islice(_records(cut, head), 4 * TRIED)) for cut in (envelope.CUT, bare.CUT))
    worth, plain = _score(wrapped, ours), _score(bare, theirs)
    better = (worth.points, -worth.refused) > (plain.points, -plain.refused)
    even = worth.points == plain.points and not envelope.HEADER and bare.CUT != envelope.CUT
    return (wrapped, worn) if better or even else (bare, sure)


def _reads(bare: Source, groups: dict[str, _Group]) -> bool:
    """Whether a source takes the header off by itself."""
    (group,) = groups.values()
    return _score(bare, group.outer[:TRIED]).points >= 3 * len(group.outer[:TRIED])


def _surest(head: bytes) -> Found:
    sure, best = max(((_sure(one.detect, head), one) for one in sources().values()), key=lambda pair: pair[0])
    return (best, sure) if sure > 0 else (None, 0)


def _envelope(head: bytes) -> tuple[Envelope | None, int]:
    sure, best = max(
        ((_sure(one.detect, head), one) for one in envelopes().values()), key=lambda pair: pair[0]
    )
    return (best, sure) if sure > 0 else (None, 0)


def _sure(detect: Callable[[bytes], int], head: bytes) -> int:
    try:
        return detect(head)
    except Exception:  # noqa: BLE001 -- the leaf boundary: a head that breaks a leaf is not its format
        return 0


def _groups(envelope: Envelope, head: bytes) -> dict[str, _Group]:
    """What each program wrote, from the head's records."""
    groups: dict[str, _Group] = {}
    layout = Layout()
    for record in islice(_records(envelope.CUT, head), RECORDS):
        for inner in _unwrapped(envelope, record, layout):
            if inner.program not in groups and len(groups) >= PROGRAMS:
                continue
            group = groups.setdefault(inner.program, _Group())
            if not group.outer or group.outer[-1] is not record:
                group.outer.append(record)
            group.inner.append(inner.data)
    return groups


def _unwrapped(envelope: Envelope, record: bytes, layout: Layout) -> list[Inner]:
    try:
        return list(envelope.unwrap(record, layout))
    except Exception:  # noqa: BLE001 -- the leaf boundary: a record that breaks an envelope tells nothing
        return []


def _records(cut: str, head: bytes) -> Iterator[bytes]:
    """The records of a head; the last, which may be cut off, only if it is the only one."""
    if cut == "parquet":
        cut = "lines"  # its head is given as rows
    numbered: Iterable[tuple[int, bytes, str | None]] = ()
    if cut == "frames":
        numbered = frames(head, io.BytesIO())
    elif cut == "json" and is_members(head):
        numbered = members(head, io.BytesIO())
    elif cut == "json" and is_documents(head):
        numbered = documents(head, io.BytesIO())
    else:
        cutter = CUTTERS[cut if cut in CUTTERS else "lines"]
        part = head[: cutter.whole(head)] or head
        yield from (part[start:end] for start, end in cutter.every(part))
    yield from (data for _number, data, reason in numbered if reason is None)


def _wrapped(
    envelope: Envelope, groups: dict[str, _Group], only: Source | None, depth: int
) -> Wrapped | None:
    """The envelope with the sources of what is in it; None when there is nothing of ours."""
    choices = {program: _choices(envelope, group, only, depth) for program, group in groups.items()}
    found = list(dict.fromkeys(one for some in choices.values() for one in some))
    if not found:
        return None
    if not only:
        found += [one for one in _plain(envelope, found) if one not in found]
    return Wrapped(envelope, choices, tuple(found))


def _plain(envelope: Envelope, found: list[Choice]) -> Iterator[Choice]:
    """Sources that may come later in the log: those for which the sieve needs nothing more than it has."""
    spellings = {name for one in found for name in one.source.SPELLINGS} | set(envelope.SPELLINGS)
    tools = any("process" in one.source.SEES for one in found)
    for source in sources().values():
        simple = not source.NEEDLES and spellings >= set(source.SPELLINGS) and source.CUT in ("lines", "json")
        if simple and (tools or "process" not in source.SEES):
            yield Choice(source)
            if envelope.HEADER:
                yield Choice(source, whole=True)


def _choices(envelope: Envelope, group: _Group, only: Source | None, depth: int) -> tuple[Choice, ...]:
    """How one program's records can be read, best first; one way if that is clear."""
    joined = b"\n".join(line.rstrip(b"\r\n") for line in group.inner) + b"\n"
    best, sure = recognise(joined, only, depth - 1)
    ways = {Choice(best): sure} if best else {}
    if envelope.HEADER:
        best, sure = (only, 1) if only else _surest(b"\n".join(line.rstrip(b"\r\n") for line in group.outer))
        if best:
            ways[Choice(best, whole=True)] = sure
    tried = {way: _tried(way, group) for way in ways}
    if not any(score.clear for score in tried.values()) and not only:
        more = _one_by_one(group)
        ways = more | ways
        tried |= {way: _tried(way, group) for way in more if way not in tried}
    good = [way for way, score in tried.items() if score.points]
    good.sort(key=lambda way: (tried[way].points, ways[way], way.whole), reverse=True)
    good = [way for at, way in enumerate(good) if not _within(way, good[:at])]
    if not good:
        return tuple(way for way, sure in ways.items() if sure >= SURE)[:1]
    return tuple(good[:1] if tried[good[0]].clear or only else good)


def _within(way: Choice, better: list[Choice]) -> bool:
    """Whether a better way reads all that this one reads."""
    known = {leaf_name(source) for one in better for source in _inside(one.source)}
    return known >= {leaf_name(source) for source in _inside(way.source)}


def _inside(source: Source) -> tuple[Source, ...]:
    if not isinstance(source, Wrapped):
        return (source,)
    return tuple(leaf for one in source.inner for leaf in _inside(one))


def _one_by_one(group: _Group) -> dict[Choice, int]:
    """Sources that know single records of a program that writes several formats."""
    found: dict[Choice, int] = {}
    for record in group.inner[:SINGLY]:
        best, sure = _surest(record)
        if best and sure > found.get(Choice(best), 0):
            found[Choice(best)] = sure
    return found


def _tried(way: Choice, group: _Group) -> _Score:
    return _score(way.source, (group.outer if way.whole else group.inner)[: 4 * TRIED])


def _score(source: Source, records: list[bytes]) -> _Score:
    """How much a source sees in some records: events, those that name something, those that have a time."""
    layout, points, refused = Layout(), 0, 0
    for record in records:
        try:
            for _leaf, events in pieces(source, record, layout):
                for event in events:
                    named = event.name or event.url or event.command_line
                    points += 1 + bool(named) + (event.time is not None)
        except Malformed:
            refused += 1
        except Exception:  # noqa: BLE001 -- the leaf boundary: a record that breaks a source shows nothing
            refused += 1
    return _Score(points, refused, points >= len(records) and refused * 10 <= len(records))
