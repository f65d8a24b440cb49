"""Lookups and the offsets of the logs they came from in; both in the lake at once, or neither."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse.lake import inputs, parquet
from glasshouse.lake.columns import Stored, day_of, text_of
from glasshouse.lake.parquet import Made
from glasshouse.lake.store import Lake, told
from glasshouse.records import Lookup, SourceCount

DAY = 86_400_000_000


@dataclass(slots=True)
class Draft:
    """What one round of reading found, before it is in the lake."""

    lookups: list[tuple[str, str, Lookup]] = field(default_factory=list)  # identity, node, lookup
    linked: set[str] = field(default_factory=set)  # identities that later records may complete
    completed: list[Stored] = field(default_factory=list)  # lookups of the lake that were
    inputs: list[inputs.Known] = field(default_factory=list)
    counts: dict[str, SourceCount] = field(default_factory=dict)


def commit(lake: Lake, draft: Draft) -> int:
    """Put a draft into the lake; the number of lookups that were not there yet.

    Planned row, files made aside, fsync, rename, fsync, one transaction: killed at any moment, ``sweep``
    leaves either all of it or nothing. Raises ReadError when the disk refuses.
    """
    new = list(_unknown(lake, draft.lookups))
    batch = plan(lake)
    aside = lake.staging / str(batch)
    placed: list[Path] = []
    try:
        with told(lake.home):
            made = parquet.make(aside, (Stored(uid, batch, node, x) for uid, node, x in new)) if new else []
            placed = place(lake, made, batch)
            with lake.transaction() as db:
                _record(db, batch, draft, new, list(zip(placed, made, strict=True)), lake)
        placed = []
    finally:
        for file in placed:  # of a batch that did not come to its end
            with suppress(OSError):
                file.unlink()
        parquet.remove(aside)
    return len(new)


def _unknown(lake: Lake, lookups: Iterable[tuple[str, str, Lookup]]) -> Iterator[tuple[str, str, Lookup]]:
    """Those whose identity the lake does not hold on their day, the day before or the day after."""
    here: set[str] = set()
    query = "SELECT 1 FROM ids WHERE uid = ? AND day IN (?, ?, ?)"
    for uid, node, lookup in lookups:
        days = (day_of(lookup.time), _near(lookup.time - DAY), _near(lookup.time + DAY))
        if uid not in here and not lake.db.execute(query, (bytes.fromhex(uid), *days)).fetchone():
            here.add(uid)
            yield uid, node, lookup


def _near(time: int) -> int:
    with suppress(OverflowError):
        return day_of(time)
    return 0


def plan(lake: Lake) -> int:
    """Announce a batch, so that whatever is left of it can be found; its number."""
    with lake.transaction() as db:
        return int(db.execute("INSERT INTO batches (state) VALUES ('planned')").lastrowid or 0)


def place(lake: Lake, made: Sequence[Made], batch: int) -> list[Path]:
    """Move finished files to their days, so that they are there after a power cut, too."""
    placed: list[Path] = []
    try:
        for number, one in enumerate(made):
            sync(one.file)
            folder = lake.lookups / f"event_day={one.day}"
            folder.mkdir(exist_ok=True, mode=0o700)
            placed.append(folder / f"b-{token(lake)}-{batch}-{number}.parquet")
            one.file.rename(placed[-1])
        for folder in {file.parent for file in placed}:
            sync(folder)
        if placed:
            sync(lake.lookups)
    except OSError:
        for file in placed:
            file.unlink(missing_ok=True)
        raise
    return placed


def token(lake: Lake) -> str:
    """Part of each file's name: files of another database are never written over."""
    token = lake.get("token")
    if token is None:
        token = secrets.token_hex(4)
        with lake.transaction():
            lake.put("token", token)
    return str(token)


def sync(path: Path) -> None:
    """Make the disk keep what was written to a file or folder."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _record(
    db: sqlite3.Connection,
    batch: int,
    draft: Draft,
    new: Sequence[tuple[str, str, Lookup]],
    placed: Sequence[tuple[Path, Made]],
    lake: Lake,
) -> None:
    for file, made in placed:
        record_file(db, lake, file, made, batch)
    days = [(day_of(lookup.time), bytes.fromhex(uid)) for uid, _node, lookup in new]
    db.executemany("INSERT INTO ids VALUES (?, ?)", days)
    for known in draft.inputs:
        inputs.keep(db, known)
    for source, count in draft.counts.items():
        _add(db, source, count, sum(lookup.source == source for _uid, _node, lookup in new))
    for uid, node, lookup in new:
        if uid in draft.linked:
            keep_linked(db, Stored(uid, batch, node, lookup), changed=False)
    for stored in draft.completed:
        _complete(db, stored._replace(batch=batch))
    db.execute("UPDATE batches SET state = 'done', lookups = ? WHERE id = ?", (len(new), batch))


def record_file(db: sqlite3.Connection, lake: Lake, file: Path, made: Made, batch: int) -> None:
    """Make one file visible, inside the caller's transaction."""
    path = file.relative_to(lake.home).as_posix()
    values = (path, made.day, made.lookups, file.stat().st_size, made.first, made.last, batch)
    db.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", values)


def keep_linked(db: sqlite3.Connection, stored: Stored, changed: bool) -> None:
    """Remember a lookup that records still to come may complete."""
    x = stored.lookup
    values = (bytes.fromhex(stored.uid), x.source, day_of(x.time), x.time, changed, stored.batch, stored.node)
    db.execute(
        "INSERT OR REPLACE INTO linked VALUES (?,?,?,?,?,?,?,?,?,?)",
        (*values, stored.batch, stored.node, text_of(stored)),
    )


def amend(lake: Lake, changes: Sequence[tuple[Stored, Stored]]) -> int:
    """Replace lookups of the lake by what is known of them now: each as it was, and as it is."""
    if not changes:
        return 0
    number = plan(lake)
    with lake.transaction() as db:
        for old, new in changes:
            row = db.execute("SELECT 1 FROM linked WHERE uid = ?", (bytes.fromhex(old.uid),)).fetchone()
            if row is None:
                keep_linked(db, old, changed=False)
            _complete(db, new._replace(batch=number))
        db.execute("UPDATE batches SET state = 'done' WHERE id = ?", (number,))
    return len(changes)


def _complete(db: sqlite3.Connection, stored: Stored) -> None:
    """A lookup of the lake as later records complete it; the file keeps it as it was until compaction."""
    db.execute(
        "UPDATE linked SET changed = 1, batch = ?, node = ?, lookup = ? WHERE uid = ?",
        (stored.batch, stored.node, text_of(stored), bytes.fromhex(stored.uid)),
    )


def _add(db: sqlite3.Connection, source: str, count: SourceCount, added: int) -> None:
    """Add to what was ever read of one log format."""
    row = db.execute("SELECT kinds FROM counts WHERE source = ?", (source,)).fetchone()
    kinds = ",".join(sorted({*filter(None, (row[0] if row else "").split(",")), *count.kinds}))
    numbers = (count.bytes, count.records, count.candidates, count.parsed, count.quarantined, added)
    db.execute(
        "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET "
        "bytes = bytes + excluded.bytes, records = records + excluded.records, "
        "candidates = candidates + excluded.candidates, parsed = parsed + excluded.parsed, "
        "quarantined = quarantined + excluded.quarantined, lookups = lookups + excluded.lookups, "
        "kinds = excluded.kinds",
        (source, *numbers, kinds),
    )


def sweep(lake: Lake) -> int:
    """Undo batches that did not come to their end; how many there were."""
    planned = [row[0] for row in lake.db.execute("SELECT id FROM batches WHERE state = 'planned'")]
    with told(lake.home):
        for batch in planned:
            for file in (lake.home / "lake").glob(f"*/**/b-{token(lake)}-{batch}-*.parquet"):
                if not known(lake, file):
                    file.unlink()
        for leftover in lake.staging.iterdir():
            parquet.remove(leftover)
    with lake.transaction() as db:
        db.execute("DELETE FROM batches WHERE state = 'planned'")
    remove_gone(lake)
    return len(planned)


def remove_gone(lake: Lake) -> None:
    """Remove the files that were taken out of the manifest."""
    with lake.transaction() as db:
        for (path,) in db.execute("SELECT value FROM meta WHERE name LIKE 'gone:%'").fetchall():
            (lake.home / str(path)).unlink(missing_ok=True)
        db.execute("DELETE FROM meta WHERE name LIKE 'gone:%'")


def known(lake: Lake, file: Path) -> bool:
    """Whether a file is in the manifest."""
    path = file.relative_to(lake.home).as_posix()
    query = "SELECT 1 FROM files WHERE path = ? UNION ALL SELECT 1 FROM survey_files WHERE path = ?"
    return lake.db.execute(query, (path, path)).fetchone() is not None
