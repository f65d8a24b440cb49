"""A log in; out the part of it that was not read yet, and what to remember once that part is in the lake."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from glasshouse.lake import inputs
from glasshouse.lake.inputs import Known
from glasshouse.lake.store import Lake
from glasshouse.leaf import Source, leaf_name
from glasshouse.watch import identity
from glasshouse.watch.cut import Cutter
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import Input
from glasshouse.watch.span import Span

QUIET = 60  # seconds without a change after which a last line without line end is taken for whole
NEVER: Known = Known(None, "", "", "", 0, b"", b"", 0, 0, 0, "{}")


class Place(NamedTuple):
    """One log against what is known: ``known`` to go on from, and whether nothing at all is new."""

    known: Known
    size: int
    unchanged: bool
    replaced: bool  # its name is known, its content is not: truncated, rewritten or rotated away
    moved: bool  # its content is known under another name that is gone


@dataclass(slots=True)
class Part:
    """What is to be read of one log, with its layout, which reading changes."""

    item: Input
    leaf: Source
    place: Place
    layout: Layout
    cutter: Cutter | None
    start: int
    stop: int
    lines: int  # before start
    lines_inside: int = 0
    resume: int = 0  # where reading goes on; before ``stop`` when the last record may still grow


def whereabouts(lake: Lake, item: Input) -> Place:
    """Find a log among those that were read, by content; name and inode only say where to look first."""
    said = item.path.stat()
    size, inode = said.st_size, f"{said.st_dev}:{said.st_ino}"
    hashes: dict[int, bytes] = {}

    def hashed(count: int) -> bytes:
        if count not in hashes:
            hashes[count] = identity.digest(item.path, 0, count)
        return hashes[count]

    best, named = NEVER, False
    for known in inputs.candidates(lake, item.label, inode, size, hashed):
        named = named or known.label == item.label
        if known.offset <= size and known.offset > best.offset and _is(item, known, hashed(known.head_size)):
            best = known
            if known.offset == size:
                break
    other = bool(best.id) and best.label != item.label
    moved = other and (best.inode == inode or not os.path.lexists(best.label))
    if other and not moved:
        best = best._replace(id=None)  # a copy: it has a row of its own
    best = best._replace(id=best.id or secrets.randbits(62), label=item.label, inode=inode)
    return Place(best, size, best.offset == size, named and best.offset == 0 and size > 0, moved)


def _is(item: Input, known: Known, head: bytes) -> bool:
    low = max(0, known.offset - identity.TAIL)
    return head == known.head and identity.digest(item.path, low, known.offset) == known.tail


def _may_end(item: Input, final: bool, moved: bool) -> bool:
    """Whether a last record without its end is all there will be."""
    return final or moved or time.time() - item.path.stat().st_mtime >= QUIET


def parts(item: Input, leaf: Source, place: Place, fresh: Layout, final: bool, most: int) -> Iterator[Part]:
    """The unread part of a log in pieces of about ``most`` bytes that end at record ends.

    A log that can only be read from its beginning is one piece; the lake knows its lookups again.
    """
    layout = _layout(place.known, fresh)
    cutter = identity.cutter_of(item.path, leaf)
    if cutter is None:
        yield Part(item, leaf, place, fresh, None, 0, place.size, 0, 0, place.size)
        return
    start, lines = place.known.resume, place.known.lines
    ends = _may_end(item, final, place.moved)
    while start < place.size:
        stop, inside = identity.boundary(item.path, start, place.size, cutter, most)
        resume = stop
        if stop == start:  # no whole record is left
            if not ends:
                return
            stop, resume = place.size, start
        spanned = _spanned(item, start, stop, lines, layout)
        yield Part(spanned, leaf, place, layout, cutter, start, stop, lines, inside, resume)
        if resume == start:
            return
        start, lines = stop, lines + inside


def _spanned(item: Input, start: int, stop: int, lines: int, layout: Layout) -> Input:
    return replace(item, span=Span(start, stop, lines, replace(layout, notes=dict(layout.notes))))


def _layout(known: Known, fresh: Layout) -> Layout:
    """What the format remembered at the end of the part that was read; the zone is as said today."""
    kept = json.loads(known.layout)
    if not kept:
        return fresh
    return replace(
        fresh,
        fields=tuple(kept["fields"]),
        separator=kept["separator"],
        notes=dict(kept["notes"]),
        today=datetime.fromisoformat(kept["today"]),
    )


def reached(part: Part) -> Known:
    """What to remember of a log once this part of it is in the lake."""
    offset = part.stop
    marks = identity.marks(part.item.path, offset)
    kept = {
        "fields": part.layout.fields,
        "separator": part.layout.separator,
        "notes": part.layout.notes,
        "today": part.layout.today.isoformat(),
    }
    return part.place.known._replace(
        source=leaf_name(part.leaf),
        head_size=marks.head_size,
        head=marks.head,
        tail=marks.tail,
        offset=offset,
        resume=part.resume,
        lines=part.lines + part.lines_inside,
        layout=json.dumps(kept),
    )
