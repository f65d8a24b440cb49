"""The door to logs: paths in, records with their position out. Only this file opens logs."""

from __future__ import annotations

import glob
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from glasshouse.errors import ReadError
from glasshouse.leaf import Source, sources
from glasshouse.records import SourceCount
from glasshouse.watch.cut import CUTTERS, Cutter
from glasshouse.watch.documents import documents, is_documents
from glasshouse.watch.sieve import Scan
from glasshouse.watch.unpack import opened

BLOCK = 4 << 20
HEAD = 64 << 10
RECORD_LIMIT = 1 << 20
WORKERS = 2
SKIPPED_NAMES = (".sha256", ".md5", ".pcap", ".pcap.gz", ".zip")


@dataclass(frozen=True, slots=True)
class Input:
    """One log to read: where it is, what to call it, and its date (for logs that write no year)."""

    path: Path
    label: str
    today: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One record's bytes and its position: line, document or EVTX record number, from 1."""

    data: bytes
    position: int
    reason: str | None = None  # set when the record could not even be cut out


def inputs(paths: Sequence[str]) -> Iterator[Input]:
    """Files, folders (searched through), globs and "-" (standard input) as Inputs, each once."""
    seen: set[Path] = set()
    for said in paths:
        if said == "-":
            yield _spool()
            continue
        for path in _files(said):
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield Input(path, str(path), datetime.fromtimestamp(path.stat().st_mtime, UTC))


def _files(said: str) -> list[Path]:
    path = Path(said)
    if path.is_dir():
        found = sorted(entry for entry in path.rglob("*") if entry.is_file())
        return [entry for entry in found if not entry.name.endswith(SKIPPED_NAMES)]
    if path.exists():
        return [path]
    matches = sorted(Path(match) for match in glob.glob(said, recursive=True))  # noqa: PTH207 -- absolute globs
    if not matches:
        raise ReadError("no such file or folder", said, "check the path; quote globs you want expanded here")
    return [match for match in matches if match.is_file()]


def _spool() -> Input:
    """Standard input as a private temporary file, because connections may need a second look."""
    with (
        tempfile.NamedTemporaryFile(prefix="glasshouse-", delete=False) as copy,
        Path("/dev/stdin").open("rb") as stdin,
    ):
        while block := stdin.read(BLOCK):
            copy.write(block)
    return Input(Path(copy.name), "-", datetime.now(UTC))


def forget(item: Input) -> None:
    """Remove the private copy of standard input."""
    if item.label == "-":
        item.path.unlink(missing_ok=True)


def detect(item: Input) -> tuple[Source | None, int]:
    """The log format that is surest about the first 64 KiB, and how sure; (None, 0) if none is."""
    with opened(item.path) as stream:
        head = stream.read(HEAD)
    best = max(sources().values(), key=lambda source: source.detect(head))
    sure = best.detect(head)
    return (best, sure) if sure > 0 else (None, 0)


def records(item: Input, source: Source, scan: Scan | None, count: SourceCount) -> Iterator[Record]:
    """The records of one log; with a scan, only those it points at (and the first, for headers).

    Raises ReadError where the file cannot be opened or decompressed any further; records that were
    read before are yielded first.
    """
    if source.CUT == "evtx" or _is_evtx(item.path):
        yield from _filtered(_evtx(item.path), scan, count)
        return
    with opened(item.path) as stream:
        head = stream.read(HEAD)
        if source.CUT == "json" and is_documents(head):
            numbered = (Record(data, number, reason) for number, data, reason in documents(head, stream))
            yield from _filtered(numbered, scan, count)
            return
        cutter = _cutter(source, head)
        yield from _sieved(_chunks(head, stream, cutter), cutter, scan, count)


def _cutter(source: Source, head: bytes) -> Cutter:
    if source.CUT == "json":
        return CUTTERS["xml" if head.lstrip()[:1] == b"<" and b"</Event>" in head else "lines"]
    return CUTTERS[source.CUT]


def _is_evtx(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8) == b"ElfFile\x00"


def _evtx(path: Path) -> Iterator[Record]:
    """EVTX records as JSON, read by the evtx library; a record it cannot read says so."""
    from evtx import PyEvtxParser

    iterator = PyEvtxParser(str(path)).records_json()
    position = 0
    while True:
        try:
            got = next(iterator)
        except StopIteration:
            return
        except RuntimeError as problem:
            position += 1
            yield Record(b"", position, f"EVTX record cannot be read: {str(problem)[:120]}")
            continue
        if got is None:
            continue
        position = int(got["event_record_id"])
        yield Record(got["data"].encode(), position)


def _filtered(every: Iterator[Record], scan: Scan | None, count: SourceCount) -> Iterator[Record]:
    for record in every:
        count.records += 1
        count.bytes += len(record.data)
        if scan is None or record.reason or scan(record.data):
            count.candidates += 1
            yield record


def _chunks(head: bytes, stream: IO[bytes], cutter: Cutter) -> Iterator[tuple[bytes, bool]]:
    """Byte chunks that begin and end at record boundaries; True marks one cut off for its length."""
    buffer, skipping, broken = head, False, None
    while True:
        try:
            block = stream.read(BLOCK)
        except ReadError as problem:
            block, broken = b"", problem
        if not block:
            break
        buffer += block
        whole = cutter.whole(buffer)
        if whole:
            start = next(cutter.every(buffer[:whole]))[1] if skipping else 0
            if start < whole:
                yield buffer[start:whole], False
            buffer, skipping = buffer[whole:], False
        elif len(buffer) > BLOCK + RECORD_LIMIT:
            if not skipping:
                yield buffer, True
            buffer, skipping = b"", True
    if buffer and not skipping:
        yield buffer, False
    if broken:
        raise broken


def _sieved(
    chunks: Iterator[tuple[bytes, bool]], cutter: Cutter, scan: Scan | None, count: SourceCount
) -> Iterator[Record]:
    """Candidates in order; scanning runs on other threads, ahead of the reader by a few chunks."""
    line, first = 1, True
    with ThreadPoolExecutor(WORKERS) as pool:
        for chunk, cut_off, hits in _scanned(chunks, scan, pool):
            for start, end, at in _spans(chunk, cutter, hits, first, line):
                count.candidates += 1
                too_long = end - start > RECORD_LIMIT or cut_off
                reason = f"record longer than {RECORD_LIMIT:,} bytes" if too_long else None
                yield Record(b"" if too_long else chunk[start:end], at, reason)
            first = False
            count.bytes += len(chunk)
            count.records += cutter.count(chunk)
            line += chunk.count(b"\n")


def _spans(
    chunk: bytes, cutter: Cutter, hits: list[int] | None, first: bool, line: int
) -> Iterator[tuple[int, int, int]]:
    spans = cutter.every(chunk) if hits is None else cutter.around(chunk, [0, *hits] if first else hits)
    counted = 0
    for start, end in spans:
        line += chunk.count(b"\n", counted, start)
        counted = start
        yield start, end, line


def _scanned(
    chunks: Iterator[tuple[bytes, bool]], scan: Scan | None, pool: ThreadPoolExecutor
) -> Iterator[tuple[bytes, bool, list[int] | None]]:
    if scan is None:
        yield from ((chunk, cut_off, None) for chunk, cut_off in chunks)
        return
    waiting: deque[tuple[bytes, bool, Future[list[int]]]] = deque()
    for chunk, cut_off in chunks:
        waiting.append((chunk, cut_off, pool.submit(scan, chunk)))
        if len(waiting) > WORKERS + 1:
            done = waiting.popleft()
            yield done[0], done[1], done[2].result()
    while waiting:
        done = waiting.popleft()
        yield done[0], done[1], done[2].result()
