"""Logs that are not cut by lines in (frames, lists in one JSON document, Parquet); numbered records out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from glasshouse.errors import ReadError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Numbered = tuple[int, bytes, str | None]
BLOCK, LIMIT, ROWS = 1 << 20, 1 << 20, 2000
# RFC 6587, 3.4.1: the length of the message in octets, a blank, the message
_COUNT = re.compile(rb"[\r\n]*(\d{1,7}) (?=<\d{1,3}>)")
_NEXT = re.compile(rb"(?:^|(?<=[\r\n]))\d{1,7} (?=<\d{1,3}>)")
# One JSON document that is little more than a list: Splunk, CloudWatch, Elasticsearch
_LIST = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\{(?:\s*"(?!results"|events"|logEvents"|hits")[^"]{1,40}"\s*:\s*'
    rb'(?:"[^"\\]{0,2000}"|[\w.-]{1,40}|\[[^\[\]]{0,8000}\]|\{[^\[\]{}]{0,1000}\})\s*,){0,20}\s*'
    rb'"(?:results|events|hits"\s*:\s*\{[^\[\]]{0,1000}"hits)"\s*:\s*(?=\[\s*\{)'
)
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]|"', re.DOTALL)


def frames(head: bytes, stream: IO[bytes]) -> Iterator[Numbered]:
    """(number from 1, message, reason it is unusable or None) of octet-counted syslog."""
    buffer, number, final = head, 0, False
    while True:
        used = 0
        while match := _COUNT.match(buffer, used):
            end = match.end() + int(match[1])
            if end > len(buffer):
                break
            number, used = number + 1, end
            yield number, buffer[match.end() : end], None
        buffer = buffer[used:]
        if final or (buffer.strip() and not _COUNT.match(buffer) and len(buffer) > 16):
            lost, buffer = _resumed(buffer, final)
            if lost:
                number += 1
                cut = _COUNT.match(lost) is not None
                yield number, lost[:LIMIT], "the last frame is cut off" if cut else "no octet count"
            if final:
                return
            continue
        block = stream.read(BLOCK)
        final = not block
        buffer += block


def _resumed(buffer: bytes, final: bool) -> tuple[bytes, bytes]:
    """What cannot be read up to the next line that begins a frame, and the rest."""
    if final:
        return buffer.strip(), b""
    match = _NEXT.search(buffer, 1)
    return (buffer[: match.start()], buffer[match.start() :]) if match else (buffer, b"")


def is_members(head: bytes) -> bool:
    """Whether the head begins one JSON document whose records are the members of a list in it."""
    return _LIST.match(head) is not None


def members(head: bytes, stream: IO[bytes]) -> Iterator[Numbered]:
    """(number from 1, bytes, reason it is unusable or None) of every object in the list of one document."""
    match = _LIST.match(head)
    buffer, number, final = head[match.end() if match else 0 :], 0, False
    while True:
        used, ended = 0, False
        for start, end in _spans(buffer):
            if start < 0:
                ended = True
                break
            number, used = number + 1, end
            yield number, buffer[start:end], None
        if ended or final:
            break
        buffer = b"[" + buffer[used:].lstrip(b"[, \t\r\n")
        if len(buffer) > LIMIT + BLOCK:
            yield number + 1, b"", f"document longer than {LIMIT:,} bytes"
            return
        block = stream.read(BLOCK)
        final = not block
        buffer += block
    if not ended:
        yield number + 1, b"", "the last document is cut off"


def _spans(buffer: bytes) -> Iterator[tuple[int, int]]:
    """Objects right below the list; (-1, -1) where the list ends."""
    depth, start = 0, 0
    for match in _TOKEN.finditer(buffer):
        token = match.group()
        if token in b"{[":
            depth += 1
            if depth == 2:
                start = match.start()
        elif token in b"}]":
            depth -= 1
            if depth == 0:
                yield -1, -1
                return
            if depth == 1:
                yield start, match.end()
        elif token == b'"':
            return  # a string that is not finished in this buffer


def is_parquet(head: bytes) -> bool:
    """Whether this begins a Parquet file (https://parquet.apache.org/docs/file-format/)."""
    return head.startswith(b"PAR1")


def rows(path: Path, label: str) -> Iterator[Numbered]:
    """(number from 1, JSON object, None) of every row of a Parquet file, a few at a time; raises ReadError.

    DuckDB reads this one file and nothing else: no other file, no network, no extension to load.
    """
    import duckdb

    try:
        db = _engine(path)
        chosen = ", ".join(_columns(db, path))
        result = db.execute(f"SELECT to_json({{{chosen}}})::VARCHAR FROM {_READ}", [_literal(path)])  # noqa: S608 -- quoted
        number = 0
        while some := result.fetchmany(ROWS):
            for (said,) in some:
                number += 1
                data = said.encode("utf-8", "replace")
                too_long = f"record longer than {LIMIT:,} bytes" if len(data) > LIMIT else None
                yield number, b"" if too_long else data, too_long
    except duckdb.Error as problem:
        said = f"cannot be read as Parquet: {str(problem).splitlines()[0][:160]}"
        raise ReadError(said, label, "check the file; it may not be written to its end") from None


_READ = "read_parquet(?, hive_partitioning = false, union_by_name = false) AS t"


def _engine(path: Path) -> DuckDBPyConnection:
    import duckdb

    db = duckdb.connect(":memory:")
    for setting in ("threads = 1", "memory_limit = '512MB'", "TimeZone = 'UTC'"):
        db.execute(f"SET {setting}")
    db.execute("SET temp_directory = ''")
    names = {str(path.resolve()), _literal(path)}  # the second is the first, unless it looks like a pattern
    db.execute(f"SET allowed_paths = [{', '.join(map(_quoted, sorted(names)))}]")
    db.execute("SET enable_progress_bar = false")
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access"):
        db.execute(f"SET {setting} = false")
    db.execute("SET lock_configuration = true")
    return db


def _columns(db: DuckDBPyConnection, path: Path) -> Iterator[str]:
    """Every column under its name; times with their zone, as JSON has no type for them."""
    described = db.execute(f"DESCRIBE SELECT * FROM {_READ}", [_literal(path)]).fetchall()  # noqa: S608 -- ours
    for name, kind, *_rest in described:
        column = f't."{name.replace(chr(34), chr(34) * 2)}"'
        if kind == "TIMESTAMP WITH TIME ZONE":
            column = f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S.%fZ')"
        elif kind.startswith("BLOB"):
            column = f"decode({column})" if kind == "BLOB" else column
        yield f"{_quoted(name)}: {column}"


def _quoted(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"


def _literal(path: Path) -> str:
    """A path in which nothing stands for other files."""
    return re.sub(r"([*?\[])", r"[\1]", str(path.resolve()))
