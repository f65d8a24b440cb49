"""Make a home folder of schema version 1 for the upgrade test: ``python tests/lake_v1.py FOLDER``.

Run once, when version 1 was current; its result is tests/lake_v1.sql, the dump of the database, and is
never made again. A later version makes a fixture of its own in the same way, before it changes anything.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

from glasshouse.config import Options
from glasshouse.flow_detect import detect
from glasshouse.lake import batch, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.watch.actors import node
from lake_samples import crowd

FIXTURE = Path(__file__).parent / "lake_v1.sql"


def main(folder: Path) -> None:
    """Put a few lookups into a home, judge them, keep the database as SQL text."""
    with store.writing(folder) as lake:
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in crowd(1, 3, 2)[:40]]))
    detect(Options(home=folder))
    db = sqlite3.connect(folder / "glasshouse.db")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    FIXTURE.write_text("\n".join([*db.iterdump(), f"PRAGMA user_version = {version};", ""]))
    db.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
