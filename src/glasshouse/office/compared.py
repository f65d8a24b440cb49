"""Rows of the office and what the trail says of them in; what is wrong, and what cannot be compared, out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from glasshouse.office.told import Sealed, Told
from glasshouse.office.verify import Kind, Problem

Row = Mapping[str, Any]


@dataclass(slots=True)
class Compared:
    """Problems, how many rows were held against the trail, and how many could not be."""

    problems: list[Problem] = field(default_factory=list)
    rows: int = 0
    not_comparable: dict[str, int] = field(default_factory=dict)  # by table

    def tell(self, seq: int, kind: Kind, says: str) -> None:
        """One thing that is wrong."""
        self.problems.append(Problem(seq, kind, says))

    def blind(self, table: str, rows: int = 1) -> None:
        """Rows of which the trail does not say enough."""
        self.not_comparable[table] = self.not_comparable.get(table, 0) + rows


def rows_of(conn: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """All rows of a table in the order of its key."""
    for row in conn.execute(select(table).order_by(*table.primary_key)):
        yield dict(row._mapping)


def stranger(said: Told, found: Compared, table: str, time: int, what: str) -> None:
    """A row that the trail does not know: put in, unless its entry may have been removed at its time."""
    if said.before(time):
        found.blind(table)
    else:
        found.tell(0, "inserted", f"{what} is in no entry of the trail")


def missing(said: Told, found: Compared, table: str, seq: int, what: str) -> None:
    """A row that the trail speaks of and nobody removed at its time."""
    if seq < said.blind:
        found.blind(table)  # purged by a version that did not say what
    else:
        found.tell(seq, "deleted", f"{what} is missing")


def edited(found: Compared, sealed: Sealed, erased: Sealed | None, table: str, what: str) -> None:
    """A row that is not what was hashed, unless names were erased from it by a version that kept no hash."""
    if erased and erased.sha256 is None and erased.entry.seq > sealed.entry.seq:
        found.blind(table)
    else:
        found.tell(sealed.entry.seq, "edited", f"{what} is not what was written")
