"""Plain, gzip, zstd and bz2 files in (told apart by their first bytes), plain UTF-8 byte streams out.

A small file that unpacks to a huge one is stopped: by its ratio, by its size, and by never unpacking twice.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from glasshouse.errors import ReadError
from glasshouse.watch.frames import BROKEN, Frame, packing
from glasshouse.watch.frames import SIGN_LENGTH as SIGN
from glasshouse.watch.span import Part, Span

PACKED = 16 << 10
UNPACKED_LIMIT = 4 << 30  # of one packed file
RATIO_LIMIT = 200  # real logs reach 60
RATIO_WINDOW = 64 << 20
START = 4096
_CHECK = "check the file, then run again"
Blocks = Callable[[int], bytes]


class Guarded(io.RawIOBase):
    """A stream whose failures are ReadErrors with the file's name; what was read before stays read."""

    def __init__(self, blocks: Blocks, where: str) -> None:
        self._blocks, self._where, self._over = blocks, where, b""
        self._broken: ReadError | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; a broken archive raises ReadError when nothing more can be had."""
        got = [self._over[:size]] if self._over else []
        self._over = self._over[size:]
        size -= sum(map(len, got))
        while size > 0 and (block := self._block(size)):
            got.append(block[:size])
            self._over = block[size:]
            size -= len(got[-1])
        whole = b"".join(got)
        if not whole and self._broken:
            raise self._broken
        return whole

    def put_back(self, first: bytes) -> None:
        """Have these bytes read once more."""
        self._over = first + self._over

    def _block(self, size: int) -> bytes:
        """Some more bytes; b"" at the end, be it the file's or a fault."""
        if self._broken:
            return b""
        try:
            return self._blocks(size)
        except ReadError as problem:
            self._broken = problem
        except BROKEN as problem:
            self._broken = ReadError(f"cannot be read to its end: {problem}", self._where, _CHECK)
        return b""


class _Unpacked:
    """Compressed frames (gzip members, zstd frames, bz2 streams) in, their joined content out."""

    def __init__(self, raw: IO[bytes], make: Callable[[], Frame], where: str, limit: int) -> None:
        self._raw, self._make, self._frame = raw, make, make()
        self._left, self._inside = b"", False
        self._where, self._limit, self._total = where, limit, 0
        self._window_in = self._window_out = 0

    def __call__(self, _size: int) -> bytes:
        """The content of the next few KiB of the file; b"" at its end."""
        while self._frame.full or self._next():
            packed, self._left = (b"", self._left) if self._frame.full else (self._left, b"")
            self._inside = True
            got = self._frame.unpack(packed)
            if packed:
                self._left = self._frame.rest
            if self._frame.eof:
                self._left, self._inside, self._frame = self._frame.rest, False, self._make()
            if got:
                self._weigh(len(got))
                return got
        if self._inside:
            raise EOFError("the compressed data breaks off")
        return b""

    def _next(self) -> bool:
        """Whether there are packed bytes to go on with; zeros between frames are padding."""
        while True:
            if not self._inside:
                self._left = self._left.lstrip(b"\0")
            if self._left:
                return True
            self._left = self._raw.read(PACKED)
            self._window_in += len(self._left)
            if not self._left:
                return False

    def _weigh(self, got: int) -> None:
        """Raise ReadError when this looks like a bomb: honest data before it does not hide it."""
        self._total += got
        self._window_out += got
        if self._total > self._limit:
            said = f"unpacks to more than {self._limit:,} bytes"
            raise ReadError(said, self._where, "unpack it first, or raise --max-unpacked")
        if self._window_out >= RATIO_WINDOW:
            if self._window_out > RATIO_LIMIT * max(self._window_in, PACKED):
                said = f"unpacks to more than {RATIO_LIMIT} times its size, which no log does"
                raise ReadError(said, self._where, "look at the file; if it is a log, unpack it first")
            self._window_in = self._window_out = 0


class _Utf8:
    """UTF-16 blocks in, UTF-8 blocks out."""

    def __init__(self, stream: Guarded, encoding: str, first: bytes) -> None:
        self._stream, self._first, self._done = stream, first, False
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def __call__(self, size: int) -> bytes:
        """At least one character's bytes; b"" at the end."""
        while not self._done:
            block, self._first = self._first or self._stream.read(max(size // 2, START)), b""
            self._done = not block
            got = self._decoder.decode(block, final=self._done).encode("utf-8", "replace")
            if got:
                return got
        return b""


@contextmanager
def opened(path: Path, limit: int = UNPACKED_LIMIT, span: Span | None = None) -> Iterator[IO[bytes]]:
    """A readable binary stream of the file's plain content, ``limit`` bytes at most; raises ReadError.

    With a span, of that part of a file that is not packed.
    """
    where = str(path)
    try:
        raw = path.open("rb", buffering=0)  # the blocks are large: a buffer would only copy them
    except OSError as problem:
        said = problem.strerror or str(problem)
        raise ReadError(said, where, "check the path and your rights") from problem
    with raw:
        plain = Guarded(Part(raw, span), where) if span else _plain(raw, where, limit)
        yield _text(plain, where)


def _plain(raw: IO[bytes], where: str, limit: int) -> Guarded:
    try:
        make = packing(raw.read(SIGN))
        raw.seek(0)
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), where, _CHECK) from problem
    return Guarded(_Unpacked(raw, make, where, limit) if make else raw.read, where)


def _text(stream: Guarded, where: str) -> IO[bytes]:
    """The stream without byte order mark and without the zeros that a truncated log may begin with."""
    first = stream.read(START)
    while first and not first.strip(b"\0"):
        first = stream.read(START << 8)
    if packing(first):
        raise ReadError("packed more than once", where, "unpack it once, then run again")
    encoding = _utf_16(first)
    if encoding:
        first = first.removeprefix(codecs.BOM_UTF16_LE).removeprefix(codecs.BOM_UTF16_BE)
        return Guarded(_Utf8(stream, encoding, first), where)  # type: ignore[return-value]
    first = first.lstrip(b"\0").removeprefix(codecs.BOM_UTF8)
    stream.put_back(first)
    return stream  # type: ignore[return-value]


def _utf_16(first: bytes) -> str | None:
    """The byte order of UTF-16 text, by its mark or by the zeros of its first letters."""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if first.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    even, odd = first[:64:2], first[1:64:2]
    if len(odd) >= 8 and not any(odd) and all(even):
        return "utf-16-le"
    return "utf-16-be" if len(odd) >= 8 and not any(even) and all(odd) else None
