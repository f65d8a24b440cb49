"""Where records begin and end: a buffer of raw bytes in, spans of whole records out, one cutter a format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

Span = tuple[int, int]
_NOT_QUOTE_OR_NEWLINE = bytes(set(range(256)) - set(b'"\n'))


class Cutter(Protocol):
    """How one shape of log is cut. A chunk always begins at the start of a record."""

    def whole(self, buffer: bytes) -> int:
        """How many leading bytes of the buffer are whole records."""
        ...

    def around(self, chunk: bytes, hits: Sequence[int]) -> Iterator[Span]:
        """The span of each record that holds a hit, in order, each once."""
        ...

    def every(self, chunk: bytes) -> Iterator[Span]:
        """The span of every record, in order."""
        ...

    def count(self, chunk: bytes, newlines: int | None = None, end: int | None = None) -> int:
        """How many records the chunk holds up to ``end``; ``newlines`` need not be counted where known."""
        ...


class Lines:
    """One record a line; the last line may lack its newline."""

    def whole(self, buffer: bytes) -> int:
        """Up to and with the last newline."""
        return buffer.rfind(b"\n") + 1

    def around(self, chunk: bytes, hits: Sequence[int]) -> Iterator[Span]:
        """The lines that hold the hits."""
        done = 0
        for hit in hits:
            if hit < done:
                continue
            start = chunk.rfind(b"\n", done, hit) + 1 or done
            end = chunk.find(b"\n", hit) + 1 or len(chunk)
            done = end
            yield start, end

    def every(self, chunk: bytes) -> Iterator[Span]:
        """All lines."""
        start = 0
        while start < len(chunk):
            end = chunk.find(b"\n", start) + 1 or len(chunk)
            yield start, end
            start = end

    def count(self, chunk: bytes, newlines: int | None = None, end: int | None = None) -> int:
        """Newlines, and one for a last line without."""
        found = chunk.count(b"\n", 0, end) if newlines is None else newlines
        return found + (not chunk.endswith(b"\n", 0, end))


class Quoted:
    """CSV: a newline inside double quotes does not end a record (RFC 4180)."""

    def whole(self, buffer: bytes) -> int:
        """Up to the last newline that has an even number of quotes before it."""
        odd = buffer.count(b'"') % 2
        end = len(buffer)
        while True:
            at = buffer.rfind(b"\n", 0, end)
            if at < 0:
                return 0
            odd ^= buffer.count(b'"', at, end) % 2
            if not odd:
                return at + 1
            end = at

    def around(self, chunk: bytes, hits: Sequence[int]) -> Iterator[Span]:
        """The records that hold the hits, quotes counted from the last boundary known."""
        done = 0
        for hit in hits:
            if hit < done:
                continue
            start = self._start(chunk, done, hit)
            end = self._end(chunk, start, hit)
            done = end
            yield start, end

    def _start(self, chunk: bytes, done: int, hit: int) -> int:
        odd = chunk.count(b'"', done, hit) % 2
        end = hit
        while True:
            at = chunk.rfind(b"\n", done, end)
            if at < 0:
                return done
            odd ^= chunk.count(b'"', at, end) % 2
            if not odd:
                return at + 1
            end = at

    def _end(self, chunk: bytes, start: int, hit: int) -> int:
        odd = chunk.count(b'"', start, hit) % 2
        here = hit
        while True:
            at = chunk.find(b"\n", here)
            if at < 0:
                return len(chunk)
            odd ^= chunk.count(b'"', here, at) % 2
            if not odd:
                return at + 1
            here = at + 1

    def every(self, chunk: bytes) -> Iterator[Span]:
        """All records."""
        start = 0
        while start < len(chunk):
            end = self._end(chunk, start, start)
            yield start, end
            start = end

    def count(self, chunk: bytes, newlines: int | None = None, end: int | None = None) -> int:
        """Newlines with an even number of quotes before them, and one for a last record without."""
        runs = chunk[:end].translate(None, _NOT_QUOTE_OR_NEWLINE).split(b"\n")
        found, odd = 0, 0
        for run in runs[:-1]:
            odd ^= len(run) & 1
            found += not odd
        ended = chunk.endswith(b"\n", 0, end) and not odd
        return found + (not ended)


class Terminated:
    """Records that end with a fixed byte string, for example </Event>."""

    def __init__(self, terminator: bytes) -> None:
        self._end = terminator

    def whole(self, buffer: bytes) -> int:
        """Up to and with the last terminator."""
        at = buffer.rfind(self._end)
        return at + len(self._end) if at >= 0 else 0

    def around(self, chunk: bytes, hits: Sequence[int]) -> Iterator[Span]:
        """The records that hold the hits."""
        done = 0
        for hit in hits:
            if hit < done:
                continue
            before = chunk.rfind(self._end, done, hit)
            start = self._after_blank(chunk, before + len(self._end) if before >= 0 else done)
            after = chunk.find(self._end, max(start, hit - len(self._end) + 1))
            end = after + len(self._end) if after >= 0 else len(chunk)
            done = end
            yield start, end

    def every(self, chunk: bytes) -> Iterator[Span]:
        """All records; what follows the last terminator is one more if it is not blank."""
        start = 0
        while start < len(chunk):
            after = chunk.find(self._end, start)
            end = after + len(self._end) if after >= 0 else len(chunk)
            if chunk[start:end].strip():
                yield self._after_blank(chunk, start), end
            start = end

    @staticmethod
    def _after_blank(chunk: bytes, start: int) -> int:
        """A record begins at its first line that is not blank."""
        while chunk[start : start + 1] in (b" ", b"\t", b"\r", b"\n"):
            start += 1
        return start

    def count(self, chunk: bytes, newlines: int | None = None, end: int | None = None) -> int:
        """Terminators, and one for what follows the last unless it is blank."""
        last = chunk.rfind(self._end, 0, end)
        tail = chunk[last + len(self._end) : end] if last >= 0 else chunk[:end]
        return chunk.count(self._end, 0, end) + bool(tail.strip())


CUTTERS: dict[str, Cutter] = {"lines": Lines(), "csv": Quoted(), "xml": Terminated(b"</Event>")}
