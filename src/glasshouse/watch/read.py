"""The door to logs: paths in, records with their position out. Only this file opens logs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import IO, NamedTuple

from glasshouse.errors import ReadError
from glasshouse.leaf import Source
from glasshouse.records import SourceCount
from glasshouse.watch.cut import CUTTERS, Cutter
from glasshouse.watch.documents import documents, is_documents
from glasshouse.watch.identity import part
from glasshouse.watch.listing import Input, forget, inputs
from glasshouse.watch.recognise import recognise
from glasshouse.watch.sieve import Scan
from glasshouse.watch.tables import frames, is_members, is_parquet, members, rows
from glasshouse.watch.unpack import opened
from glasshouse.watch.wrapped import Wrapped

BLOCK = 512 << 10  # some of these stay in the processor's cache while they are copied, scanned and counted
HEAD = 64 << 10
SMALL = 256 << 10  # not worth a thread: of 100,000 small files each would start one
RECORD_LIMIT = 1 << 20
SAMPLED = 1000  # rows of a Parquet file
WORKERS = 2

__all__ = ["Input", "Record", "detect", "forget", "inputs", "records"]  # listing.py finds the logs


@dataclass(frozen=True, slots=True)
class Record:
    """One record's bytes and its position: line, document or EVTX record number, from 1."""

    data: bytes
    position: int
    reason: str | None = None  # set when the record could not even be cut out


def detect(item: Input, only: Source | None = None) -> tuple[Source | None, int]:
    """The log format that is surest about the first 64 KiB, and how sure; (None, 0) if none is.

    Where records come wrapped (syslog, an export of a log platform, Parquet) that is the format inside with
    its envelope. With ``only`` it is that format, bare or in the envelope that the log shows.
    """
    with opened(item.path, item.unpacked_limit, item.span) as stream:
        head = stream.read(HEAD)
    if is_parquet(head):
        _plain(item)
        some = (data for _number, data, reason in islice(rows(item.path, item.label), SAMPLED) if not reason)
        head = b"\n".join((b"PAR1", *some, b""))
    return recognise(head, only)


def _plain(item: Input) -> None:
    """Raise ReadError for a Parquet file inside another: DuckDB reads the file itself."""
    if not is_parquet(part(item.path, 0, 4)):
        raise ReadError("a Parquet file that is packed once more", item.label, "unpack it first")


def records(item: Input, source: Source, scan: Scan | None, count: SourceCount | None) -> Iterator[Record]:
    """The records of one log; with a scan, only those it points at (and the first, for headers).

    Raises ReadError where the file cannot be opened or decompressed any further; records that were
    read before are yielded first. Without a count nothing is counted, and positions mean nothing.
    """
    with opened(item.path, item.unpacked_limit, item.span) as stream:
        head = stream.read(HEAD)
        if source.CUT == "evtx" or head.startswith(b"ElfFile\x00"):
            yield from _filtered(_evtx(item), scan, count)
            return
        numbered = _numbered(item, source, head, stream)
        if numbered is not None:
            every = (Record(data, number, reason) for number, data, reason in numbered)
            yield from _filtered(every, scan, count)
            return
        cutter = _cutter(source, head)
        yield from _sieved(_chunks(head, stream, cutter), cutter, scan, count)


def _numbered(
    item: Input, source: Source, head: bytes, stream: IO[bytes]
) -> Iterator[tuple[int, bytes, str | None]] | None:
    """The records of a log that is cut one by one; None for one that is cut by its lines."""
    if source.CUT == "parquet":
        return rows(item.path, item.label)
    if source.CUT == "frames":
        return frames(head, stream)
    if source.CUT == "json" and isinstance(source, Wrapped) and is_members(head):
        return members(head, stream)
    return documents(head, stream) if source.CUT == "json" and is_documents(head) else None


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


def _filtered(every: Iterator[Record], scan: Scan | None, count: SourceCount | None) -> Iterator[Record]:
    for record in every:
        wanted = scan is None or record.reason or scan(record.data)
        if count is not None:
            count.records += 1
            count.bytes += len(record.data)
            count.candidates += bool(wanted)
        if wanted:
            yield record


class _Chunk(NamedTuple):
    """Whole records up to ``end``, or the beginning of one that is too long; and what was passed over."""

    data: bytes
    end: int
    cut_off: bool = False
    lines_before: int = 0
    bytes_before: int = 0


class _Look(NamedTuple):
    """How to look through the chunks of one log."""

    cutter: Cutter
    scan: Scan | None
    counting: bool


class _Seen(NamedTuple):
    """The candidates of a chunk: where each begins and ends, and the newlines before it; what it holds."""

    spans: list[tuple[int, int, int]]
    newlines: int = 0
    records: int = 0


def _chunks(head: bytes, stream: IO[bytes], cutter: Cutter) -> Iterator[_Chunk]:
    """Byte chunks that begin and end at record boundaries; of one that is too long only the beginning."""
    buffer, skipping, lines, octets = head, False, 0, 0
    while True:
        block, broken = _block(stream)
        if not block:
            break
        buffer += block
        whole = cutter.whole(buffer)
        if whole:
            if skipping:
                start = next(cutter.every(buffer[:whole]))[1]
                lines, octets = lines + buffer.count(b"\n", 0, start), octets + start
                buffer, whole = buffer[start:], whole - start
            if whole:
                yield _Chunk(buffer, whole, False, lines, octets)
                lines = octets = 0
            buffer, skipping = buffer[whole:], False
        elif len(buffer) > BLOCK + RECORD_LIMIT:
            if skipping:
                lines, octets = lines + buffer.count(b"\n"), octets + len(buffer)
            else:
                yield _Chunk(buffer, len(buffer), True, lines, octets)
                lines = octets = 0
            buffer, skipping = b"", True
    if buffer and not skipping:
        yield _Chunk(buffer, len(buffer), False, lines, octets)
    if broken:
        raise broken


def _block(stream: IO[bytes]) -> tuple[bytes, ReadError | None]:
    try:
        return stream.read(BLOCK), None
    except ReadError as problem:
        return b"", problem


def _sieved(
    chunks: Iterator[_Chunk], cutter: Cutter, scan: Scan | None, count: SourceCount | None
) -> Iterator[Record]:
    """Candidates in order; looking runs on other threads, ahead of the reader by a few chunks."""
    line = 1
    for chunk, seen in _ahead(chunks, _Look(cutter, scan, count is not None)):
        line += chunk.lines_before
        for start, end, newlines in seen.spans:
            too_long = end - start > RECORD_LIMIT or chunk.cut_off
            reason = f"record longer than {RECORD_LIMIT:,} bytes" if too_long else None
            if count is not None:
                count.candidates += 1
            yield Record(b"" if too_long else chunk.data[start:end], line + newlines, reason)
        line += seen.newlines
        if count is not None:
            count.bytes += chunk.end + chunk.bytes_before
            count.records += seen.records


def _seen(chunk: _Chunk, look: _Look, first: bool) -> _Seen:
    """One chunk looked through. The first record is a candidate, for headers; so is what is cut off."""
    data, end, cutter = chunk.data, chunk.end, look.cutter
    if look.scan is None:
        found = list(cutter.every(data[:end]))
    else:
        hits = [hit for hit in look.scan(data) if hit < end]
        found = list(cutter.around(data, [0, *hits] if first or chunk.cut_off else hits))
    if not look.counting:
        return _Seen([(start, stop, 0) for start, stop in found])
    spans, newlines, counted = [], 0, 0
    for start, stop in found:
        newlines += data.count(b"\n", counted, start)
        counted = start
        spans.append((start, stop, newlines))
    newlines += data.count(b"\n", counted, end)
    return _Seen(spans, newlines, cutter.count(data, newlines, end))


def _ahead(chunks: Iterator[_Chunk], look: _Look) -> Iterator[tuple[_Chunk, _Seen]]:
    """Each chunk with what was seen; a file that breaks off is told after the chunks before the fault."""
    waiting: deque[tuple[_Chunk, Future[_Seen] | _Seen]] = deque()
    broken: ReadError | None = None
    first = True
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for chunk in chunks:
                here = look.scan is None or len(chunk.data) < SMALL
                seen = _seen(chunk, look, first) if here else pool.submit(_seen, chunk, look, first)
                waiting.append((chunk, seen))
                first = False
                if len(waiting) > WORKERS + 1 or look.scan is None:
                    yield _done(*waiting.popleft())
        except ReadError as problem:
            broken = problem
        while waiting:
            yield _done(*waiting.popleft())
    if broken:
        raise broken


def _done(chunk: _Chunk, seen: Future[_Seen] | _Seen) -> tuple[_Chunk, _Seen]:
    return chunk, seen if isinstance(seen, _Seen) else seen.result()
