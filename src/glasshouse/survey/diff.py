"""Two snapshots of observations in, in order; what is new, changed and gone between them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import TypeVar, cast

from glasshouse.asking import Subject
from glasshouse.findings import Shift, ShiftKind
from glasshouse.observed import KIND_OF, KINDS, VOLATILE, Fact, FactKind, Observation

Seen = Observation[Fact]
Place = tuple[str, FactKind, str]
_A = TypeVar("_A")
_B = TypeVar("_B")
Looked = Callable[[str, Subject], bool]
_TELLING: dict[type, tuple[str, ...]] = {
    made: tuple(one.name for one in fields(made) if one.name not in VOLATILE.get(kind, frozenset()))
    for kind, made in KINDS.items()
}


def place(one: Seen) -> Place:
    """What snapshots are sorted by: collector, kind and key."""
    return one.collector, KIND_OF[type(one.fact)], one.fact.key


def diff(a: Iterable[Seen], b: Iterable[Seen], looked: Looked) -> Iterator[Shift]:
    """What is different at the later time ``b``, in order; memory does not grow with the snapshots.

    Both are sorted by ``place``, each place once (ValueError otherwise), and hold what each collector's last
    complete answer about each subject said, so that what could not be asked is not taken for gone. ``looked``
    says whether a collector had answered completely about a subject by the time of ``a``. Facts that differ
    in fields of ``VOLATILE`` only are the same.
    """
    for before, after in _matched(_ordered(a), _ordered(b)):
        if before is not None and after is not None:
            if before.fact is not after.fact and (differ := differing(before.fact, after.fact)):
                yield _shift("changed", before, after, differ)
        elif after is None:
            yield _shift("gone", before, None)
        else:
            yield _shift("new", None, after, first_look=not looked(after.collector, after.subject))


def differing(a: Fact, b: Fact) -> tuple[str, ...]:
    """The fields in which two facts of one kind differ; those of ``VOLATILE`` do not count."""
    return tuple(name for name in _TELLING[type(a)] if getattr(a, name) != getattr(b, name))


def apply(a: Iterable[Seen], shifts: Iterable[Shift]) -> Iterator[Seen]:
    """The later snapshot from the earlier one and the shifts between them; both in order.

    What did not change stands as in ``a``: its volatile fields, and when, by which request and about which
    subject it was said, are those of then. Raises ValueError when a shift does not fit ``a``.
    """
    for had, shift in _matched(_ordered(a), ((_at(one), one) for one in shifts)):
        if shift is None:
            if had is not None:
                yield had
            continue
        if (had is None) is not (shift.kind == "new"):
            raise ValueError(f"{shift.key} is {shift.kind}, which does not fit the snapshot")
        if shift.after is not None:
            yield shift.after


def _at(shift: Shift) -> Place:
    return shift.collector, shift.fact_kind, shift.key


def _shift(
    kind: ShiftKind,
    before: Seen | None,
    after: Seen | None,
    differ: tuple[str, ...] = (),
    first_look: bool = False,
) -> Shift:
    one = cast("Seen", after or before)
    return Shift(
        kind=kind,
        fact_kind=one.kind,
        key=one.fact.key,
        collector=one.collector,
        database=one.database,
        before=before,
        after=after,
        fields=differ,
        first_look=first_look,
    )


def _ordered(seen: Iterable[Seen]) -> Iterator[tuple[Place, Seen]]:
    last: Place | None = None
    for one in seen:
        here = place(one)
        if last is not None and here <= last:
            raise ValueError(f"a snapshot is not in order, or says twice: {' '.join(here)}")
        yield here, one
        last = here


def _matched(
    a: Iterator[tuple[Place, _A]], b: Iterator[tuple[Place, _B]]
) -> Iterator[tuple[_A | None, _B | None]]:
    """What stands at each place of two ordered streams."""
    left, right = next(a, None), next(b, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            yield cast("tuple[Place, _A]", left)[1], None
            left = next(a, None)
        elif left is None or right[0] < left[0]:
            yield None, right[1]
            right = next(b, None)
        else:
            yield left[1], right[1]
            left, right = next(a, None), next(b, None)
