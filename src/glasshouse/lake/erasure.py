"""A lake in, and which lookups stay; the lake without the others, nothing of them left in its files, out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse.errors import ReadError
from glasshouse.lake import batch, care, facts, parquet, state
from glasshouse.lake.alerts import Kept
from glasshouse.lake.care import SETTLED, let_go
from glasshouse.lake.columns import Stored, day_of
from glasshouse.lake.documents import alert_of
from glasshouse.lake.parquet import Query
from glasshouse.lake.store import Lake, told
from glasshouse.records import Actor

Stays = Callable[[Stored], bool]
_KEPT = "SELECT document, state, status, successor, actor FROM alerts"


@dataclass(slots=True)
class Removed:
    """What was removed: how many lookups, of which time, and a hash over their identities."""

    lookups: int = 0
    first: int | None = None
    last: int | None = None
    _ids: list[str] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """SHA-256 over the identities in order: two purges of the same lookups have the same."""
        return hashlib.sha256("\n".join(sorted(self._ids)).encode()).hexdigest()

    def count(self, one: Stored) -> None:
        """One more."""
        time = one.lookup.time
        self.lookups += 1
        self.first = time if self.first is None else min(self.first, time)
        self.last = time if self.last is None else max(self.last, time)
        self._ids.append(one.uid)


def reconcile(lake: Lake) -> int:
    """Make database and folder one lake again when only one of them was put back; how many files differed.

    Files that are gone leave the manifest; the lookups of files it does not know are taken in, so that those
    past their time can be removed and the others stay.
    """
    paths = [path for (path,) in lake.db.execute("SELECT path FROM files ORDER BY path")]
    gone = [path for path in paths if not (lake.home / path).exists()]
    strange = care.unknown(lake)
    if not gone and not strange:
        return 0
    batch.sweep(lake)
    with told(lake.home), lake.transaction() as db:
        db.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in gone])
        db.execute("DELETE FROM ids")
        for path in set(paths) - set(gone):
            rows = parquet.read([lake.home / path])
            ids = ((day_of(one.lookup.time), bytes.fromhex(one.uid)) for one in rows)
            db.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?)", ids)
        lake.put("rules", None)
    for file in strange:
        with suppress(ReadError), told(lake.home):  # what cannot be read cannot be kept
            found = [(one.uid, one.node, one.lookup) for one in parquet.read([file])]
            batch.commit(lake, batch.Draft(lookups=found))
        file.unlink(missing_ok=True)
    return len(gone) + len(strange)


def forget(lake: Lake, until: int, stays: Stays, *, really: bool = True) -> Removed:
    """Remove the lookups before a time that do not stay. The next detection judges everything anew."""
    done = Removed()
    if really:
        batch.sweep(lake)
    rows = lake.db.execute("SELECT DISTINCT day FROM files WHERE first < ? ORDER BY day", (until,)).fetchall()
    later = {one.uid: one for one in facts.completed(lake, Query())}
    for (day,) in rows:
        _forget_day(
            lake, day, lambda one: one.lookup.time >= until or stays(later.get(one.uid, one)), done, really
        )
    if really and done.lookups:
        with lake.transaction():
            lake.put("rules", None)
    return done


def _forget_day(lake: Lake, day: int, stays: Stays, done: Removed, really: bool) -> None:
    paths = [path for (path,) in lake.db.execute("SELECT path FROM files WHERE day = ?", (day,))]
    kept: list[Stored] = []
    gone: list[Stored] = []
    with told(lake.home):
        for one in parquet.read([file for path in paths if (file := lake.home / path).exists()]):
            (kept if stays(one) else gone).append(one)
    for one in gone:
        done.count(one)
    if not really or not gone:
        return
    with told(lake.home):
        number = batch.plan(lake)
        aside = lake.staging / str(number)
        try:
            made = parquet.make(aside, iter(kept)) if kept else []
            placed = batch.place(lake, made, number)
        finally:
            parquet.remove(aside)
        newest = lake.db.execute("SELECT max(last_batch) FROM files WHERE day = ?", (day,)).fetchone()[0]
        with lake.transaction() as db:
            let_go(db, paths)
            for file, part in zip(placed, made, strict=True):
                batch.record_file(db, lake, file, part, newest)
            ids = [(bytes.fromhex(one.uid),) for one in gone]
            db.executemany("DELETE FROM ids WHERE uid = ?", ids)
            db.executemany("DELETE FROM linked WHERE uid = ?", ids)
            db.executemany("DELETE FROM relayed WHERE uid = ?", ids)
            db.execute("UPDATE batches SET state = 'done' WHERE id = ?", (number,))
        batch.remove_gone(lake)
        if not kept:
            with suppress(OSError):
                (lake.lookups / f"event_day={day}").rmdir()


def settle(lake: Lake, before: int) -> None:
    """Alerts that reach into what was removed change no more."""
    lake.db.execute("UPDATE alerts SET settled = 1 WHERE first < ?", (before + SETTLED,))


def forget_counts(lake: Lake, before: int) -> int:
    """Remove the baselines, and who first asked what and was whom, before a time; how many counts."""
    gone = lake.db.execute("DELETE FROM usage WHERE hour < ?", (before // 3_600_000_000,)).rowcount
    lake.db.execute("DELETE FROM firsts WHERE time < ?", (before,))
    lake.db.execute("DELETE FROM relayed WHERE time < ?", (before,))
    lake.db.execute("DELETE FROM actors WHERE season < ?", (state.season_of(before),))
    return gone


def forget_nodes(lake: Lake, gone: Callable[[str], bool]) -> int:
    """Remove what is kept of some addresses (``0:``), hosts (``1:``) and accounts (``2:``); how many."""
    found = 0
    for table in ("usage", "firsts", "actors", "relayed"):
        names = [x for (x,) in lake.db.execute(f"SELECT DISTINCT node FROM {table}") if gone(x)]  # noqa: S608
        lake.db.executemany(f"DELETE FROM {table} WHERE node = ?", [(x,) for x in names])  # noqa: S608 -- ours
        found += len(names)
    every = [ip for (ip,) in lake.db.execute("SELECT ip FROM relays") if gone(f"0:{ip}")]
    lake.db.executemany("DELETE FROM relays WHERE ip = ?", [(ip,) for ip in every])
    return found


def alerts(lake: Lake) -> Iterator[Kept]:
    """All alerts, standing or not."""
    for text, *rest in lake.db.execute(f"{_KEPT} ORDER BY id"):
        yield Kept(alert_of(text), *rest)


def forget_alerts(lake: Lake, ids: Collection[str]) -> int:
    """Remove alerts by their ids."""
    lake.db.executemany("DELETE FROM alerts WHERE id = ?", [(one,) for one in sorted(ids)])
    lake.db.executemany("UPDATE alerts SET successor = NULL WHERE successor = ?", [(x,) for x in sorted(ids)])
    return len(ids)


def leftovers(lake: Lake) -> list[Path]:
    """Files that ``repair`` put aside: they may hold what was removed, and nobody accounts for them."""
    return sorted(lake.lost.glob("*")) if lake.lost.exists() else []


def actors(lake: Lake) -> Iterator[tuple[str, Actor]]:
    """Everybody who made a lookup, as logs spell them, each with the node they stand for."""
    files = [str(file) for file in facts.files(lake)]
    if files:
        with told(lake.home), parquet.asked() as db:
            rows = db.execute(
                "SELECT DISTINCT actor_node, actor_user_name, device_hostname, src_endpoint_ip "
                "FROM read_parquet(?, hive_partitioning = false)",
                [files],
            ).fetchall()
        yield from ((node, Actor(user, host, ip)) for node, user, host, ip in rows)
    yield from ((one.node, one.lookup.actor) for one in facts.completed(lake, Query()))


def compact(lake: Lake) -> None:
    """Let nothing of what was removed stand in the database's files."""
    with told(lake.home):
        lake.db.execute("VACUUM")
        lake.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
