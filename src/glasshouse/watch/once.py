"""Lookups in any order, some written twice, in; each lookup once, in one fixed order, out."""

from __future__ import annotations

from collections.abc import Iterable

from glasshouse.records import Lookup

Key = tuple[str, str, str | None, str | None, tuple[str, ...]]


def once(lookups: Iterable[Lookup]) -> list[Lookup]:
    """Every lookup once, by time. Two are the same when their transaction or raw record is the same.

    A mirrored port writes one transaction twice with one id: ``ident`` is equal. A file given twice, or
    split, has equal records: their hash is equal. Of equal ones the one read from the smallest place stays,
    and of one transaction that some records tell with its targets and some without, those with.
    """
    kept: dict[Key, Lookup] = {}
    for lookup in lookups:
        key = _key(lookup)
        other = kept.get(key)
        if other is None or _rank(lookup) < _rank(other):
            kept[key] = lookup
    told = {key[:-1] for key, lookup in kept.items() if lookup.ident and lookup.targets}
    return sorted(
        (lookup for key, lookup in kept.items() if lookup.targets or key[:-1] not in told), key=_order
    )


def _key(lookup: Lookup) -> Key:
    same = f"{lookup.source} {lookup.ident}" if lookup.ident else lookup.record_sha256
    return same, lookup.view, lookup.database, lookup.name, tuple(target.value for target in lookup.targets)


def _rank(lookup: Lookup) -> tuple[int, str, str, int]:
    return lookup.time, lookup.record_sha256, lookup.file, lookup.position


def _order(lookup: Lookup) -> tuple[int, str, str, str, str]:
    return lookup.time, lookup.record_sha256, lookup.view, lookup.database or "", lookup.name or ""
