"""A lake in; what is wrong with it out, and the same lake put right, compacted or shortened."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glasshouse.errors import ReadError
from glasshouse.lake import batch, observations, parquet
from glasshouse.lake.columns import Stored, day_of, from_text
from glasshouse.lake.store import Lake, told

DAY = 86_400_000_000
SETTLED = 38 * DAY  # alerts that begin so long after what is forgotten, or earlier, change no more


class Problem(NamedTuple):
    """One thing that is wrong with a lake."""

    kind: str  # missing, damaged, miscounted, unknown, unfinished, survey, identities or database
    where: str
    said: str


@dataclass(slots=True)
class Checked:
    """What a check looked at and found."""

    files: int = 0
    lookups: int = 0
    days: int = 0
    problems: list[Problem] = field(default_factory=list)


def check(lake: Lake) -> Checked:
    """Compare manifest, files, and identities; every value of every file is read."""
    done = Checked()
    days: dict[int, int] = {}
    rows = lake.db.execute("SELECT path, day, lookups, first, last FROM files ORDER BY path").fetchall()
    for path, day, lookups, first, last in rows:
        done.files += 1
        done.lookups += lookups
        days[day] = days.get(day, 0) + lookups
        problem = _file(lake, path, (lookups, first, last))
        if problem:
            done.problems.append(problem)
    done.days = len(days)
    done.problems += [
        Problem("unknown", str(file), "a file the database does not know") for file in unknown(lake)
    ]
    done.problems += [Problem("survey", path, said) for path, said in observations.unreadable(lake)]
    for (planned,) in lake.db.execute("SELECT id FROM batches WHERE state = 'planned'"):
        done.problems.append(Problem("unfinished", f"batch {planned}", "cut off, or being written now"))
    done.problems += _identities(lake, days)
    said = lake.db.execute("PRAGMA quick_check").fetchone()[0]
    if said != "ok":
        done.problems.append(Problem("database", str(lake.home / "glasshouse.db"), str(said)[:200]))
    return done


def _file(lake: Lake, path: str, recorded: tuple[int, int, int]) -> Problem | None:
    file = lake.home / path
    if not file.exists():
        return Problem("missing", path, f"{recorded[0]:,} lookups were in it")
    try:
        with told(file):
            found = parquet.summary(file)
    except ReadError as problem:
        return Problem("damaged", path, problem.what[:160])
    if found != recorded:
        return Problem("miscounted", path, f"{found[0]:,} lookups, the database says {recorded[0]:,}")
    return None


def _identities(lake: Lake, days: dict[int, int]) -> Iterator[Problem]:
    kept = dict(lake.db.execute("SELECT day, count(*) FROM ids GROUP BY day").fetchall())
    for day in sorted({*days, *kept}):
        if days.get(day, 0) != kept.get(day, 0):
            said = f"{kept.get(day, 0):,} identities for {days.get(day, 0):,} lookups"
            yield Problem("identities", f"event_day={day}", said)


def unknown(lake: Lake) -> list[Path]:
    """Parquet files in the lake's folder that the manifest does not name."""
    return [
        file for file in sorted(lake.lookups.glob("event_day=*/*.parquet")) if not batch.known(lake, file)
    ]


def repair(lake: Lake) -> list[str]:
    """Put right what ``check`` finds; what was done, in sentences. No file is deleted."""
    said: list[str] = []
    undone = batch.sweep(lake)
    if undone:
        said.append(f"{undone:,} batches that were cut off undone; the next ingest reads their logs again")
    found = check(lake)
    for problem in found.problems:
        if problem.kind in ("missing", "damaged"):
            said.append(_give_up(lake, problem))
        elif problem.kind == "unknown":
            said.append(_adopt(lake, Path(problem.where)))
        elif problem.kind == "miscounted":
            said.append(_recount(lake, problem.where))
    if any(problem.kind not in ("unfinished", "database") for problem in found.problems):
        _renumber(lake)
        said.append("identities made anew from the files; the next detect judges everything")
    if any(problem.kind in ("missing", "damaged") for problem in found.problems):
        with lake.transaction() as db:
            db.execute("DELETE FROM inputs")
        said.append(
            "the next ingest reads its logs from their beginning: what was lost comes back if they hold it"
        )
    if any(problem.kind == "database" for problem in found.problems):
        said.append("the database itself is damaged: restore glasshouse.db, or move it away and repair again")
    return said or ["nothing to repair"]


def _give_up(lake: Lake, problem: Problem) -> str:
    """Take a file out of the manifest; what is left of it goes to quarantine."""
    file = lake.home / problem.where
    kept = f"; what is left of it is {_aside(lake, file)}" if file.exists() else ""
    with lake.transaction() as db:
        db.execute("DELETE FROM files WHERE path = ?", (problem.where,))
    return f"{problem.kind}: {problem.where} is no longer part of the lake{kept}"


def _aside(lake: Lake, file: Path) -> Path:
    with told(lake.home):
        lake.lost.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = lake.lost / f"{file.parent.name}-{file.name}"
        while target.exists():
            target = target.with_name(f"{time.time_ns()}-{target.name}")
        file.rename(target)
    return target


def _adopt(lake: Lake, file: Path) -> str:
    """Take in the lookups of an unknown file that the lake lacks; the file goes to quarantine."""
    try:
        with told(lake.home):
            rows = list(parquet.read([file]))
    except ReadError:
        return f"unknown: {file} cannot be read; it is now {_aside(lake, file)}"
    draft = batch.Draft(lookups=[(stored.uid, stored.node, stored.lookup) for stored in rows])
    added = batch.commit(lake, draft) if rows else 0
    return f"unknown: {file}: {added:,} of {len(rows):,} lookups were new; it is now {_aside(lake, file)}"


def _recount(lake: Lake, path: str) -> str:
    lookups, first, last = parquet.summary(lake.home / path)
    with lake.transaction() as db:
        db.execute(
            "UPDATE files SET lookups = ?, first = ?, last = ? WHERE path = ?", (lookups, first, last, path)
        )
    return f"miscounted: {path} holds {lookups:,} lookups"


def _renumber(lake: Lake) -> None:
    with told(lake.home), lake.transaction() as db:
        db.execute("DELETE FROM ids")
        for (path,) in db.execute("SELECT path FROM files").fetchall():
            _insert_ids(db, parquet.read([lake.home / path]))
        lake.put("rules", None)


def _insert_ids(db: sqlite3.Connection, rows: Iterator[Stored]) -> None:
    values = ((day_of(stored.lookup.time), bytes.fromhex(stored.uid)) for stored in rows)
    db.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?)", values)


def compact(lake: Lake, least: int = 2) -> tuple[int, int, int]:
    """One file for each day that has several; files before, files after, days touched."""
    batch.sweep(lake)
    judged = lake.number("judged")
    rows = lake.db.execute(
        "SELECT day, count(*) FROM files GROUP BY day HAVING count(*) >= ? UNION "
        "SELECT day, (SELECT count(*) FROM files f WHERE f.day = l.day) FROM linked l "
        "WHERE changed AND batch <= ? GROUP BY day",
        (least, judged),
    ).fetchall()
    before = after = 0
    for day, count in sorted(set(rows)):
        before += count
        after += _compacted(lake, day, judged)
    return before, after, len(set(rows))


def _compacted(lake: Lake, day: int, judged: int) -> int:
    paths = [path for (path,) in lake.db.execute("SELECT path FROM files WHERE day = ?", (day,))]
    folded = {
        uid.hex(): from_text(text)._replace(batch=number, node=node)
        for uid, number, node, text in lake.db.execute(
            "SELECT uid, batch, node, lookup FROM linked WHERE day = ? AND changed AND batch <= ?",
            (day, judged),
        )
    }
    with told(lake.home):
        number = batch.plan(lake)
        aside = lake.staging / str(number)
        try:
            rows = (folded.get(one.uid, one) for one in parquet.read([lake.home / path for path in paths]))
            made = parquet.make(aside, rows)
            placed = batch.place(lake, made, number)
        finally:
            parquet.remove(aside)
        newest = lake.db.execute("SELECT max(last_batch) FROM files WHERE day = ?", (day,)).fetchone()[0]
        with lake.transaction() as db:
            let_go(db, paths)
            for file, one in zip(placed, made, strict=True):
                batch.record_file(db, lake, file, one, newest)
            db.executemany(
                "UPDATE linked SET changed = 0, first_batch = batch, first_node = node WHERE uid = ?",
                [(bytes.fromhex(uid),) for uid in folded],
            )
            db.execute("UPDATE batches SET state = 'done' WHERE id = ?", (number,))
        batch.remove_gone(lake)
    return len(placed)


def let_go(db: sqlite3.Connection, paths: Sequence[str]) -> None:
    """Take files out of the manifest; they are removed after the transaction, or at the next start."""
    for path in paths:
        db.execute("DELETE FROM files WHERE path = ?", (path,))
        db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"gone:{path}", path))


def expire(lake: Lake, days: int, now: float | None = None) -> tuple[int, int]:
    """Forget lookups that were made more than so many days ago; how many, of how many days.

    Alerts stay. Those that reach into what is forgotten are settled: nothing changes them any more.
    """
    batch.sweep(lake)
    horizon = int(((now or time.time()) * 1_000_000 // DAY - days) * DAY)
    day = day_of(horizon)
    found = lake.db.execute("SELECT path, day, lookups FROM files WHERE day < ?", (day,)).fetchall()
    if found:
        with lake.transaction() as db:
            let_go(db, [path for path, _day, _lookups in found])
            db.execute("DELETE FROM ids WHERE day < ?", (day,))
            db.execute("DELETE FROM linked WHERE day < ?", (day,))
            db.execute("UPDATE alerts SET settled = 1 WHERE first < ?", (horizon + SETTLED,))
            lake.put("rules", None)
        batch.remove_gone(lake)
        for one in {(lake.home / path).parent for path, _day, _lookups in found}:
            with suppress(OSError):
                one.rmdir()
    return sum(lookups for _path, _day, lookups in found), len({each for _path, each, _lookups in found})
