"""A home folder in; out, whether anything was ever adopted there, without the weight of the whole office."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

FILE = "decisions.db"


def any_made(url: str, home: Path) -> bool:
    """Whether it is worth opening the office to ask what was adopted; yes when it cannot be told.

    Every hunt asks this, and most homes have no office, or one without an adoption.
    """
    if url:
        return True
    file = home / FILE
    if not file.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as db:
            found = db.execute("SELECT 1 FROM exposure_events WHERE kind = 'adopt' LIMIT 1").fetchone()
    except sqlite3.OperationalError as problem:
        return "no such table" not in str(problem)
    except sqlite3.Error:
        return True
    return found is not None
