"""Packed bytes in, plain bytes out in small steps: gzip, zstd and bz2 behind one shape.

The libraries' own file readers either lose what stood before a fault (gzip), take a frame that breaks off for
a clean end (zstandard), or unpack any amount in one call (all three).
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

STEP = 1 << 20
SIGN_LENGTH = 6
BROKEN = (EOFError, zlib.error, zstandard.ZstdError, ValueError, OSError)


class Frame(Protocol):
    """One gzip member, zstd frame or bz2 stream."""

    eof: bool
    rest: bytes  # what was not used of the last input
    full: bool  # whether more can be had without more input

    def unpack(self, packed: bytes) -> bytes:
        """Some plain bytes, about STEP at most."""
        ...


class _Gzip:
    full = False

    def __init__(self) -> None:
        self._frame, self.eof, self.rest = zlib.decompressobj(wbits=31), False, b""

    def unpack(self, packed: bytes) -> bytes:
        got = self._frame.decompress(packed, STEP)
        self.eof = self._frame.eof
        self.rest = self._frame.unused_data if self.eof else self._frame.unconsumed_tail
        return got


class _Bzip2:
    def __init__(self) -> None:
        self._frame, self.eof, self.rest, self.full = bz2.BZ2Decompressor(), False, b"", False

    def unpack(self, packed: bytes) -> bytes:
        got = self._frame.decompress(packed, STEP)
        self.eof, self.rest = self._frame.eof, self._frame.unused_data
        self.full = not (self.eof or self._frame.needs_input)
        return got


class _Zstd:
    """The library sets no bound to what one call unpacks, so it is fed little: 4 bytes may mean 128 KiB."""

    FEED = 1 << 10
    full = False

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self.eof, self.rest = False, b""

    def unpack(self, packed: bytes) -> bytes:
        got = self._frame.decompress(packed[: self.FEED])
        self.eof = self._frame.eof
        self.rest = self._frame.unused_data + packed[self.FEED :]
        return got


_PACKINGS: dict[bytes, Callable[[], Frame]] = {
    b"\x1f\x8b": _Gzip,
    b"\x28\xb5\x2f\xfd": _Zstd,
    b"BZh": _Bzip2,
}


def packing(start: bytes) -> Callable[[], Frame] | None:
    """What unpacks a file that begins so; None for a plain one."""
    return next((make for sign, make in _PACKINGS.items() if start.startswith(sign)), None)
