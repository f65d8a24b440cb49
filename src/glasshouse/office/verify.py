"""A trail and signed heads in; out every edit, deletion, reordering and truncation, each with its entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import orjson

from glasshouse.office.audit import START, Entry, digest
from glasshouse.office.signing import Head, is_ours

Kind = Literal[
    "edited", "deleted", "inserted", "reordered", "truncated", "rewritten", "signature", "unreadable"
]
MOST = 1000  # problems that are told one by one


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the trail, and at which entry; 0 when it is about the whole."""

    seq: int
    kind: Kind
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a check of a trail found. ``purged`` entries were removed at their time, with proof."""

    entries: int
    first: int
    last: int
    hash: str  # of the newest entry
    purged: int = 0
    heads: int = 0
    problems: tuple[Problem, ...] = ()
    rows: int = 0  # of other tables, held against the trail
    not_comparable: tuple[
        tuple[str, int], ...
    ] = ()  # tables, and rows of which the trail does not say enough

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass(slots=True)
class _Walk:
    problems: list[Problem] = field(default_factory=list)
    missing: set[int] = field(default_factory=set)
    wanted: dict[int, str] = field(default_factory=dict)  # hashes that heads speak of
    found: dict[int, str] = field(default_factory=dict)
    proof: dict[int, str] = field(default_factory=dict)  # purges: last entry removed, its hash
    entries: int = 0
    first: Entry | None = None
    last: Entry | None = None

    def tell(self, seq: int, kind: Kind, says: str) -> None:
        if len(self.problems) < MOST:
            self.problems.append(Problem(seq, kind, says))


def verify(
    entries: Iterable[Entry], head: Head | Sequence[Head] | None = None, public: bytes | None = None
) -> Verified:
    """Check a trail in the order given. With ``public`` the signatures of the heads are checked too.

    Whoever can write to the database can also write a whole new trail: only a head kept elsewhere shows
    that, and only a head shows that the newest entries are gone.
    """
    heads = [head] if isinstance(head, Head) else list(head or ())
    walk = _Walk(wanted={one.seq: one.hash for one in heads})
    for entry in entries:
        _step(walk, entry)
    purged = _beginning(walk)
    for first, last in _ranges(walk.missing):
        says = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
        walk.tell(first, "deleted", says)
    for one in heads:
        _against(walk, one, public, purged)
    return Verified(
        entries=walk.entries, first=walk.first.seq if walk.first else 0,
        last=walk.last.seq if walk.last else 0, hash=walk.last.hash if walk.last else START,
        purged=purged, heads=len(heads), problems=tuple(walk.problems),
    )  # fmt: skip


def _step(walk: _Walk, entry: Entry) -> None:
    walk.entries += 1
    right = digest(entry)
    if right != entry.hash:
        walk.tell(entry.seq, "edited", f"entry {entry.seq} is not what was hashed")
    if entry.seq in walk.wanted:
        walk.found[entry.seq] = right
    _note_purge(walk, entry)
    last = walk.last
    if last is None:
        walk.first = walk.last = entry
        return
    if entry.seq <= last.seq:
        walk.missing.discard(entry.seq)
        walk.tell(entry.seq, "reordered", f"entry {entry.seq} stands after entry {last.seq}")
        return
    walk.missing.update(range(last.seq + 1, min(entry.seq, last.seq + 1 + MOST)))
    if entry.seq == last.seq + 1 and entry.previous != last.hash:
        walk.tell(entry.seq, "edited", f"entry {entry.seq} does not follow entry {last.seq} as it is")
    walk.last = entry


def _note_purge(walk: _Walk, entry: Entry) -> None:
    if entry.act != "purge":
        return
    try:
        said = orjson.loads(entry.details)
        walk.proof[int(said["audit_through"])] = str(said["audit_hash"])
    except (ValueError, KeyError, TypeError):
        return  # the purge of something else


def _beginning(walk: _Walk) -> int:
    """How many entries were removed at their time; a later entry of the trail must prove it."""
    first = walk.first
    if first is None or (first.seq == 1 and first.previous == START):
        return 0
    if walk.proof.get(first.seq - 1) == first.previous:
        return first.seq - 1
    if first.seq == 1:
        walk.tell(1, "edited", "entry 1 is not the first of a trail")
        return 0
    proven = max((through for through in walk.proof if through < first.seq - 1), default=0)
    walk.missing.update(range(proven + 1, first.seq))
    return proven


def _against(walk: _Walk, head: Head, public: bytes | None, purged: int) -> None:
    if public is not None and not is_ours(head, public):
        walk.tell(head.seq, "signature", f"the head of entry {head.seq} is not signed by this key")
    last = walk.last.seq if walk.last else 0
    if head.seq > last:
        walk.tell(last + 1, "truncated", f"the trail ends at entry {last}, a head names entry {head.seq}")
    elif head.seq in walk.found and walk.found[head.seq] != head.hash:
        walk.tell(head.seq, "rewritten", f"entry {head.seq} is not the one that its head signed")
    elif head.seq not in walk.found and head.seq > purged and head.seq not in walk.missing:
        walk.tell(head.seq, "deleted", f"entry {head.seq}, which a head names, is missing")


def _ranges(numbers: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
