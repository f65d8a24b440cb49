"""Releases in; each object's version and hash in each, and which fields changed between two, out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from glasshouse.attack.objects import Release, Thing

_PLUMBING = frozenset({"modified", "x_mitre_attack_spec_version", "x_mitre_modified_by_ref"})


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one object from one release to the next."""

    before: str | None  # release; None for the first one
    after: str
    attack_id: str
    name: str
    kind: str  # new, changed, same, gone
    version: str
    sha256: str
    modified: str
    fields: tuple[str, ...] = ()

    @property
    def only_plumbing(self) -> bool:
        """Whether nothing changed that a reader would notice: dates, spec version."""
        return self.kind == "changed" and set(self.fields) <= _PLUMBING


def changes(releases: Sequence[Release], wanted: str | None = None) -> list[Change]:
    """Every object through the releases, in order; only that of an ATT&CK id when one is given."""
    found: list[Change] = []
    before: Release | None = None
    for release in releases:
        found.extend(_between(before, release, wanted))
        before = release
    return found


def _between(before: Release | None, after: Release, wanted: str | None) -> Iterator[Change]:
    old = {one.id: one for one in _chosen(before.things, wanted)} if before else {}
    new = {one.id: one for one in _chosen(after.things, wanted)}
    was = before.version if before else None
    for key, one in new.items():
        yield _change(was, after.version, old.get(key), one)
    for key in old.keys() - new.keys():
        one = old[key]
        yield Change(was, after.version, one.attack_id, one.name, "gone", one.version, "", one.modified)


def _chosen(things: Iterable[Thing], wanted: str | None) -> list[Thing]:
    every = sorted((one for one in things if one.attack_id), key=lambda one: (one.type, one.attack_id))
    if wanted is None:
        return every
    return [one for one in every if one.attack_id.upper() == wanted.upper()]


def _change(was: str | None, release: str, old: Thing | None, new: Thing) -> Change:
    said = (new.attack_id, new.name)
    facts = (new.version, new.sha256, new.modified)
    if old is None:
        return Change(was, release, *said, "new", *facts)
    if old.sha256 == new.sha256:
        return Change(was, release, *said, "same", *facts)
    before, after = dict(old.said), dict(new.said)
    fields = tuple(key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key))
    return Change(was, release, *said, "changed", *facts, fields)
