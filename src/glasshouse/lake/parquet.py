"""Lookups in, Parquet files out, and back; the door to DuckDB."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from glasshouse.lake.columns import COLUMNS, NAMES, Stored, row, stored_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FETCHED = 10_000
ROW_GROUP = 100_000
_LARGE = f"maximum_object_size = {64 << 20}"
Reach = tuple[str, int, int]  # a node or key, and the first and last microsecond wanted


class EngineError(RuntimeError):
    """DuckDB could not do what it was asked to: a full disk, a damaged file."""


class Made(NamedTuple):
    """A Parquet file that was written, not yet in its place."""

    file: Path
    day: int
    lookups: int
    first: int
    last: int


class Place(NamedTuple):
    """Of a lookup only who made it, when and with which key."""

    uid: str
    node: str
    time: int
    key: str | None
    user: str | None
    host: str | None
    ip: str | None


_PLACE = (
    "metadata_uid", "actor_node", "time_us", "key_fingerprint", "actor_user_name", "device_hostname",
    "src_endpoint_ip",
)  # fmt: skip


@cache
def engine() -> DuckDBPyConnection:
    """DuckDB in this process, without a database of its own; started at first use."""
    import duckdb

    db = duckdb.connect(":memory:")
    for setting in (
        "threads = 2",
        "memory_limit = '1GB'",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_progress_bar = false",
        "enable_external_file_cache = false",  # it takes a new file of an old name for the old one
    ):
        db.execute(f"SET {setting}")
    return db


@contextmanager
def asked() -> Iterator[DuckDBPyConnection]:
    """A cursor of its own, for one piece of work; DuckDB's errors leave as EngineError."""
    import duckdb

    cursor = engine().cursor()
    try:
        yield cursor
    except duckdb.Error as problem:
        raise EngineError(str(problem)) from problem
    finally:
        cursor.close()


def make(folder: Path, rows: Iterable[Stored]) -> list[Made]:
    """One Parquet file or more for each day, sorted by time, below a folder of their own."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder / "rows.ndjson"
    with draft.open("wb") as stream:
        for stored in rows:
            stream.write(orjson.dumps(row(stored), option=orjson.OPT_APPEND_NEWLINE))
    columns = {"event_day": "INTEGER", **COLUMNS}
    typed = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    rows_of = f"read_json({_literal(draft)}, format = 'newline_delimited', columns = {{{typed}}})"
    shape = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, PARTITION_BY (event_day)"
    with asked() as db:
        db.execute(
            f"COPY (SELECT * FROM {rows_of} ORDER BY event_day, time_us, metadata_uid) "  # noqa: S608 -- ours
            f"TO {_literal(folder)} ({shape}, OVERWRITE_OR_IGNORE)"
        )
    draft.unlink()
    return [_made(file) for file in sorted(folder.glob("event_day=*/*.parquet"))]


def write(file: Path, columns: Mapping[str, str], rows: Iterable[dict[str, Any]]) -> None:
    """One Parquet file of rows with these columns and types."""
    draft = file.with_suffix(".ndjson")
    with draft.open("wb") as stream:
        for row in rows:
            stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    typed = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    rows_of = f"read_json({_literal(draft)}, format = 'newline_delimited', columns = {{{typed}}}, {_LARGE})"
    shape = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}"
    with asked() as db:
        db.execute(f"COPY (SELECT * FROM {rows_of}) TO {_literal(file)} ({shape})")  # noqa: S608 -- ours
    draft.unlink()


def _made(file: Path) -> Made:
    lookups, first, last = summary(file, whole=False)
    return Made(file, int(file.parent.name.partition("=")[2]), lookups, first, last)


def _literal(path: Path) -> str:
    """A path of ours as an SQL literal; COPY takes no parameter there."""
    return "'" + str(path).replace("'", "''") + "'"


def summary(file: Path, whole: bool = True) -> tuple[int, int, int]:
    """Lookups, first and last time of a file; with ``whole`` every value is read."""
    every = ", max(hash(COLUMNS(*)))" if whole else ""
    query = f"SELECT count(*), min(time_us), max(time_us){every} FROM read_parquet(?)"  # noqa: S608 -- ours
    with asked() as db:
        found = db.execute(query, [str(file)]).fetchone()
    if found is None or found[1] is None:
        return 0, 0, 0
    return int(found[0]), int(found[1]), int(found[2])


def read(files: Sequence[Path], query: Query | None = None) -> Iterator[Stored]:
    """The lookups of some files, in order of time, narrowed by a query."""
    if not files:
        return
    yield from map(stored_of, _rows(files, query or Query(), NAMES))


def places(files: Sequence[Path], query: Query) -> Iterator[Place]:
    """The same lookups, but only who made them and when; over many files that is a third of the work."""
    if files:
        yield from map(Place._make, _rows(files, query, _PLACE))


def _rows(files: Sequence[Path], query: Query, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    where, given = query.sql()
    chosen = ", ".join(f"l.{name}" for name in names)
    source = "read_parquet(?, hive_partitioning = false) l"
    with asked() as db:
        db.execute(
            f"SELECT {chosen} FROM {source} WHERE {where} ORDER BY l.time_us, l.metadata_uid",  # noqa: S608 -- ours
            [[str(file) for file in files], *given],
        )
        while rows := db.fetchmany(FETCHED):
            yield from rows


class Query(NamedTuple):
    """What is wanted of the lookups; everything that is None does not narrow."""

    since: int | None = None  # microseconds, inclusive
    until: int | None = None  # microseconds, exclusive
    databases: Sequence[str] | None = None
    actors: Sequence[str] | None = None  # an address, host or account
    nodes: Sequence[Reach] | None = None
    keys: Sequence[Reach] | None = None
    names: Sequence[str] | None = None
    proxied: bool | None = None
    after: int | None = None  # the last batch that is not wanted

    def sql(self) -> tuple[str, list[Any]]:
        """The condition, all values bound."""
        parts: list[str] = ["true"]
        given: list[Any] = []
        plain = (
            ("l.time_us >= ?", self.since),
            ("l.time_us < ?", self.until),
            ("list_contains(?, l.database)", self.databases),
            ("list_contains(?, l.dst_name)", self.names),
            ("l.proxied = ?", self.proxied),
            ("l.batch_id > ?", self.after),
        )
        for text, value in plain:
            if value is not None:
                parts.append(text)
                given.append(list(value) if isinstance(value, Sequence) else value)
        if self.actors is not None:
            parts.append(
                "(list_contains(?, lower(l.actor_user_name)) OR list_contains(?, lower(l.device_hostname)) "
                "OR list_contains(?, lower(l.src_endpoint_ip)))"
            )
            given += [[actor.lower() for actor in self.actors]] * 3
        reaches = [(self.nodes, "l.actor_node"), (self.keys, "l.key_fingerprint")]
        for wanted, column in reaches:
            if wanted is not None:
                parts.append(_reached(column))
                given.append(_reaches(wanted))
        return " AND ".join(parts), given


def _reached(column: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM (SELECT unnest(from_json(?, "  # noqa: S608 -- column is one of two of ours
        """'[{"name":"VARCHAR","low":"BIGINT","high":"BIGINT"}]'), recursive := true)) r """
        f"WHERE r.name = {column} AND l.time_us BETWEEN r.low AND r.high)"
    )


def _reaches(wanted: Sequence[Reach]) -> str:
    return orjson.dumps([{"name": name, "low": low, "high": high} for name, low, high in wanted]).decode()


def remove(folder: Path) -> None:
    """Remove a folder of drafts."""
    shutil.rmtree(folder, ignore_errors=True)
