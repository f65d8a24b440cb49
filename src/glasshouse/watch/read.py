"""The door to logs: paths in, records with their position out. Only this file opens logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO

from glasshouse.errors import ReadError
from glasshouse.leaf import Source, sources
from glasshouse.records import SourceCount
from glasshouse.watch.cut import CUTTERS, Cutter
from glasshouse.watch.documents import documents, is_documents
from glasshouse.watch.listing import Input, forget, inputs
from glasshouse.watch.sieve import Scan
from glasshouse.watch.unpack import opened

BLOCK = 4 << 20
HEAD = 64 << 10
RECORD_LIMIT = 1 << 20
WORKERS = 2

__all__ = ["Input", "Record", "detect", "forget", "inputs", "records"]  # listing.py finds the logs


@dataclass(frozen=True, slots=True)
class Record:
    """One record's bytes and its position: line, document or EVTX record number, from 1."""

    data: bytes
    position: int
    reason: str | None = None  # set when the record could not even be cut out


def detect(item: Input) -> tuple[Source | None, int]:
    """The log format that is surest about the first 64 KiB, and how sure; (None, 0) if none is."""
    with opened(item.path, item.unpacked_limit) as stream:
        head = stream.read(HEAD)
    sure, best = max(
        ((_sure(source, head), source) for source in sources().values()), key=lambda pair: pair[0]
    )
    return (best, sure) if sure > 0 else (None, 0)


def _sure(source: Source, head: bytes) -> int:
    try:
        return source.detect(head)
    except Exception:  # noqa: BLE001 -- the leaf boundary: a head that breaks a source is not its format
        return 0


def records(item: Input, source: Source, scan: Scan | None, count: SourceCount) -> Iterator[Record]:
    """The records of one log; with a scan, only those it points at (and the first, for headers).

    Raises ReadError where the file cannot be opened or decompressed any further; records that were
    read before are yielded first.
    """
    with opened(item.path, item.unpacked_limit) as stream:
        head = stream.read(HEAD)
        if source.CUT == "evtx" or head.startswith(b"ElfFile\x00"):
            yield from _filtered(_evtx(item), scan, count)
            return
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


def _evtx(item: Input) -> Iterator[Record]:
    """EVTX records as JSON, read by the evtx library; a record it cannot read says so."""
    from evtx import PyEvtxParser

    try:
        iterator = PyEvtxParser(str(item.path)).records_json()
    except (RuntimeError, OSError, ValueError) as problem:
        said = f"cannot be read as EVTX: {str(problem)[:120]}"
        raise ReadError(said, item.label, "if it is packed, unpack it; else export it anew") from None
    position = 0
    while True:
        try:
            got = next(iterator)
        except StopIteration:
            return
        except (RuntimeError, OSError, ValueError) as problem:
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
            for start, end, at in _spans(chunk, cutter, hits, first or cut_off, line):
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
