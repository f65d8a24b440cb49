"""Plain, gzip, zstd and bz2 files in (told apart by their first bytes), plain UTF-8 byte streams out."""

from __future__ import annotations

import bz2
import codecs
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import zstandard

from glasshouse.errors import ReadError

PACKED = 16 << 10
_BROKEN = (EOFError, zlib.error, zstandard.ZstdError, ValueError, OSError)


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, packed: bytes, /) -> bytes: ...


_PACKINGS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"\x28\xb5\x2f\xfd": lambda: zstandard.ZstdDecompressor().decompressobj(),
    b"BZh": bz2.BZ2Decompressor,
}


class Guarded(io.RawIOBase):
    """A stream whose failures are ReadErrors with the file's name; what was read before stays read."""

    def __init__(self, stream: IO[bytes], where: str) -> None:
        self._stream, self._where, self._over = stream, where, b""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; a broken archive raises ReadError when nothing more can be had."""
        got: list[bytes] = []
        got.append(self._over[:size])
        self._over = self._over[size:]
        size -= len(got[0])
        while size > 0:
            try:
                block = self._stream.read1(size)  # type: ignore[attr-defined]
            except _BROKEN as problem:
                if any(got):
                    break
                said = f"cannot be read to its end: {problem}"
                raise ReadError(said, self._where, "check the file, then run again") from problem
            if not block:
                break
            got.append(block[:size])
            self._over = block[size:]
            size -= len(got[-1])
        return b"".join(got)


class _Frames(io.RawIOBase):
    """Compressed frames (gzip members, zstd frames, bz2 streams) in, their joined content out.

    All three decompressors of one frame look alike. The libraries' own file readers either lose what stood
    before a fault (gzip) or take a frame that breaks off for a clean end (zstandard).
    """

    def __init__(self, raw: IO[bytes], make: Callable[[], _Decompressor]) -> None:
        self._raw, self._make, self._frame = raw, make, make()
        self._left, self._inside = b"", False

    def read1(self, _size: int = -1) -> bytes:
        """The content of the next few KiB of the file; b"" at its end."""
        while True:
            packed = self._left or self._raw.read(PACKED)
            self._left = b""
            if not self._inside:
                packed = packed.lstrip(b"\0")  # padding between members
            if not packed:
                return self._end()
            self._inside = True
            got = self._frame.decompress(packed)
            if self._frame.eof:
                self._left, self._inside, self._frame = self._frame.unused_data, False, self._make()
            if got:
                return got

    def _end(self) -> bytes:
        if self._inside:
            raise EOFError("the compressed data breaks off")
        return b""


class _Utf8(io.RawIOBase):
    """UTF-16 bytes in, UTF-8 bytes out."""

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(max(size, 2))
        return self._decoder.decode(block, final=not block).encode("utf-8", "replace")


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """A readable binary stream of the file's plain content; raises ReadError."""
    try:
        raw = path.open("rb")
    except OSError as problem:
        raise ReadError(
            problem.strerror or str(problem), str(path), "check the path and your rights"
        ) from problem
    with raw:
        magic = raw.read(6)
        raw.seek(0)
        stream = _plain(raw, magic)
        guarded = Guarded(stream, str(path))
        yield _as_utf8(guarded, path)


def _plain(raw: IO[bytes], magic: bytes) -> IO[bytes]:
    for sign, make in _PACKINGS.items():
        if magic.startswith(sign):
            return _Frames(raw, make)  # type: ignore[return-value]
    return raw


def _as_utf8(stream: Guarded, path: Path) -> IO[bytes]:
    mark = stream.read(2)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
        return Guarded(_Utf8(stream, encoding), str(path))  # type: ignore[arg-type, return-value]
    return _Rejoined(mark, stream)  # type: ignore[return-value]


class _Rejoined(io.RawIOBase):
    """A stream with its first bytes put back."""

    def __init__(self, mark: bytes, stream: Guarded) -> None:
        self._mark, self._stream = mark, stream

    def read(self, size: int = -1) -> bytes:
        if self._mark:
            first, self._mark = self._mark, b""
            return first + self._stream.read(size - len(first)) if size > len(first) else first
        return self._stream.read(size)
