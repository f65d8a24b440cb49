"""The alerts of a lake and what was shown of them in; out those that are new, or more serious than shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from glasshouse.lake.documents import alert_of
from glasshouse.lake.store import Lake
from glasshouse.records import LEVELS, Alert

_RANK = {level: rank for rank, level in enumerate(LEVELS)}


def tell(lake: Lake, db: sqlite3.Connection, least: int, told: Callable[[Alert], None]) -> int:
    """Tell the alerts of a level or above that were not told at that level yet, earliest first; how many.

    An alert that took the place of another counts as told when that one was. Each is taken down only
    after it was told: killed between the two, it is told once more.
    """
    shown = dict(db.execute("SELECT alert, level FROM shown").fetchall())
    rows = lake.db.execute(
        "SELECT id, level FROM alerts WHERE state = 'current' ORDER BY first, id"
    ).fetchall()
    followed = dict(
        lake.db.execute(
            "SELECT successor, id FROM alerts WHERE state = 'superseded' AND successor IS NOT NULL"
        )
    )
    number = 0
    for name, level in rows:
        before = shown.get(name) or shown.get(followed.get(name, ""))
        if _RANK[level] < least or (before and _RANK[level] <= _RANK[before]):
            continue
        found = lake.db.execute("SELECT document FROM alerts WHERE id = ?", (name,)).fetchone()
        if found:
            told(alert_of(found[0]))
            db.execute("INSERT OR REPLACE INTO shown VALUES (?, ?)", (name, level))
            number += 1
    return number


def skip(lake: Lake, db: sqlite3.Connection) -> None:
    """At the very first time: what was found before is no news."""
    if db.execute("SELECT 1 FROM begun").fetchone():
        return
    rows = lake.db.execute("SELECT id, level FROM alerts WHERE state = 'current'").fetchall()
    db.execute("BEGIN IMMEDIATE")
    with db:
        db.executemany("INSERT OR REPLACE INTO shown VALUES (?, ?)", rows)
        db.execute("INSERT INTO begun VALUES (1)")
