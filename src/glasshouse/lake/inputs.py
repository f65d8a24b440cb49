"""What is known of logs that were read, in and out: identity, how far, what the format remembered."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import NamedTuple

from glasshouse.lake.store import Lake

Hashed = Callable[[int], bytes]  # the hash of so many first bytes of a file

_COLUMNS = 'id, label, source, inode, head_size, head, tail, "offset", resume, lines, layout'


class Known(NamedTuple):
    """One log as far as it was read. ``offset`` bytes were looked at; reading goes on at ``resume``."""

    id: int | None
    label: str
    source: str
    inode: str
    head_size: int
    head: bytes
    tail: bytes
    offset: int
    resume: int
    lines: int  # before ``resume``
    layout: str


def candidates(lake: Lake, label: str, inode: str, size: int, hashed: Hashed) -> Iterator[Known]:
    """Logs this one may be the continuation of: same name, same inode, same first bytes."""
    yield from _found(lake.db, "label = ?", (label,))
    yield from _found(lake.db, "inode = ?", (inode,))
    for head_size in _sizes(lake.db, size):
        yield from _found(lake.db, "head_size = ? AND head = ?", (head_size, hashed(head_size)))


def _sizes(db: sqlite3.Connection, size: int) -> list[int]:
    rows = db.execute("SELECT DISTINCT head_size FROM inputs WHERE head_size <= ?", (size,))
    return sorted((row[0] for row in rows), reverse=True)


def _found(db: sqlite3.Connection, where: str, given: tuple[str | int | bytes, ...]) -> Iterator[Known]:
    query = f'SELECT {_COLUMNS} FROM inputs WHERE {where} ORDER BY "offset" DESC'  # noqa: S608 -- ours
    for row in db.execute(query, given).fetchall():
        yield Known(*row)


def keep(db: sqlite3.Connection, known: Known) -> None:
    """Insert or replace what is known of one log, inside the caller's transaction."""
    db.execute(f"INSERT OR REPLACE INTO inputs ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)", known)  # noqa: S608
