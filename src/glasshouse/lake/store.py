"""A home folder in, its lake opened out: the database, the folder of facts, and the right to write."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from glasshouse import tombstones
from glasshouse.errors import ReadError, UsageError
from glasshouse.lake import schema
from glasshouse.lake.parquet import EngineError

LOOKUPS, STAGING, LOST = "lake/lookups", "lake/_staging", "lake/_quarantine"
PATIENCE = 600  # seconds to wait for another writer
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lake:
    """One home folder: facts below ``lake/``, decisions in ``glasshouse.db``."""

    home: Path
    db: sqlite3.Connection

    @property
    def lookups(self) -> Path:
        """The folder of Parquet files, one folder a day."""
        return self.home / LOOKUPS

    @property
    def staging(self) -> Path:
        """Where files are made before they are moved to their place."""
        return self.home / STAGING

    @property
    def lost(self) -> Path:
        """Where ``repair`` puts files it cannot account for."""
        return self.home / LOST

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside becomes visible at once, or not at all."""
        with told(self.home):
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")

    def get(self, name: str, default: int | str | None = None) -> int | str | None:
        """One value kept by name."""
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else default

    def number(self, name: str) -> int:
        """One number kept by name, 0 when it was never set."""
        return int(self.get(name, 0) or 0)

    def put(self, name: str, value: int | str | None) -> None:
        """Keep one value by name."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


@contextmanager
def told(where: Path) -> Iterator[None]:
    """Whatever the disk or a database refuses leaves as a ReadError that says what to do."""
    try:
        yield
    except sqlite3.Error as problem:
        raise _refused(str(problem), where) from problem
    except OSError as problem:
        raise _refused(problem.strerror or str(problem), where) from problem
    except EngineError as problem:
        raise _refused(str(problem), where) from problem


def _refused(said: str, where: Path) -> ReadError:
    text = " ".join(said.split())[:300]
    low = text.lower()
    if "no space" in low or "is full" in low or "quota" in low or "could not write" in low:
        return ReadError(
            f"the disk is full ({text})", str(where), "make space and run again: nothing is lost or doubled"
        )
    return ReadError(text, str(where), "check the folder and your rights, then glasshouse lake check")


@contextmanager
def opened(home: Path, make: bool = False, purging: bool = False) -> Iterator[Lake]:
    """The lake of a home folder, made at first use if asked; UsageError when there is none.

    ReadError when it holds what was purged, as a restored backup does; only a purge may open it then.
    """
    file = home / "glasshouse.db"
    if not make and not file.exists():
        raise UsageError("no lake here yet", str(home), "glasshouse ingest PATH makes it")
    with told(home):
        if make:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            (home / LOOKUPS).mkdir(parents=True, exist_ok=True, mode=0o700)
            (home / STAGING).mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(file, timeout=60, isolation_level=None)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "journal_size_limit = 67108864"):
                db.execute(f"PRAGMA {pragma}")
            schema.upgrade(db, str(file))
            if not purging and not knows(db, tombstones.newest(home)):
                raise tombstones.restored(str(file))
            yield Lake(home, db)
        finally:
            db.close()


@contextmanager
def writing(
    home: Path, said: Said = lambda _said: None, patience: float = PATIENCE, purging: bool = False
) -> Iterator[Lake]:
    """The lake, with nobody else writing to it meanwhile; a second writer waits and says so."""
    with told(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(home / "lake.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(handle, home, said, patience)
        with opened(home, make=True, purging=purging) as lake:
            yield lake
    finally:
        os.close(handle)


def knows(db: sqlite3.Connection, purge: str | None) -> bool:
    """Whether a database knows of a purge; an empty one has nothing to purge."""
    if purge is None or db.execute("SELECT 1 FROM meta WHERE name = ?", (f"purge:{purge}",)).fetchone():
        return True
    if db.execute("SELECT 1 FROM files UNION ALL SELECT 1 FROM alerts LIMIT 1").fetchone():
        return False
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, 1)", (f"purge:{purge}",))
    return True


def _wait(handle: int, home: Path, said: Said, patience: float) -> None:
    until = time.monotonic() + patience
    waiting = False
    while not _locked(handle):
        if not waiting:
            said(f"another glasshouse is writing to {home}; waiting")
            waiting = True
        if time.monotonic() > until:
            raise ReadError(
                "another glasshouse is still writing here", str(home), "run again when it is done"
            )
        time.sleep(0.1)


def _locked(handle: int) -> bool:
    """Whether the lock is ours now; the system frees it when a process ends, however it ends."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
