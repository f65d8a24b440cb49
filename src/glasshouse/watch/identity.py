"""A log and its size in; out the marks by which it is known again, and how far its records are whole."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from glasshouse.errors import ReadError
from glasshouse.leaf import Source
from glasshouse.watch.cut import CUTTERS, Cutter
from glasshouse.watch.documents import is_documents
from glasshouse.watch.frames import packing
from glasshouse.watch.tables import is_members
from glasshouse.watch.wrapped import Wrapped

HEAD, SMALL, TAIL = 4096, 512, 4096
START = 64 << 10
BLOCK = 4 << 20
GIVEN_UP = 8 << 20  # a record longer than this is not looked at anyway
_WHOLE = ("evtx", "frames", "parquet")  # read from the beginning each time
_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Marks(NamedTuple):
    """Hashes of a log's first bytes and of the bytes just before an offset."""

    head_size: int
    head: bytes
    tail: bytes


def marks(path: Path, offset: int) -> Marks:
    """The marks of a log that was read up to an offset; raises ReadError."""
    size = HEAD if offset >= HEAD else min(offset, SMALL)
    return Marks(size, digest(path, 0, size), digest(path, max(0, offset - TAIL), offset))


def digest(path: Path, start: int, stop: int) -> bytes:
    """The hash of some bytes of a file; of fewer when the file is shorter."""
    return hashlib.sha256(part(path, start, stop)).digest()[:16]


def part(path: Path, start: int, stop: int) -> bytes:
    """Some bytes of a file; raises ReadError."""
    try:
        with path.open("rb") as stream:
            stream.seek(start)
            return stream.read(stop - start)
    except OSError as problem:
        raise ReadError(
            problem.strerror or str(problem), str(path), "check the path and your rights"
        ) from None


def cutter_of(path: Path, source: Source) -> Cutter | None:
    """How the log is cut; None when it can only be read from its beginning: packed, UTF-16, one document."""
    head = part(path, 0, START)
    if packing(head) or source.CUT in _WHOLE or head.startswith((b"ElfFile\x00", *_MARKS_OF_UTF16)):
        return None
    if head[1:64:2].strip(b"\0") == b"" and len(head) > 16:
        return None
    if source.CUT != "json":
        return CUTTERS[source.CUT]
    if is_documents(head) or (isinstance(source, Wrapped) and is_members(head)):
        return None
    return CUTTERS["xml" if head.lstrip()[:1] == b"<" and b"</Event>" in head else "lines"]


def boundary(path: Path, start: int, size: int, cutter: Cutter, most: int) -> tuple[int, int]:
    """Where the last whole record ends, and how many line ends stand before it from ``start`` on.

    Looks no further than ``most`` bytes, or the end of the record that crosses them.
    """
    end, lines, passed, passed_lines = start, 0, 0, 0
    buffer, here = b"", start
    while here < size and end - start < most:
        block = part(path, here, min(here + BLOCK, size))
        if not block:
            break
        here += len(block)
        buffer += block
        whole = cutter.whole(buffer)
        if whole:
            lines += passed_lines + buffer.count(b"\n", 0, whole)
            end += passed + whole
            buffer, passed, passed_lines = buffer[whole:], 0, 0
        elif len(buffer) > GIVEN_UP:
            passed, passed_lines = passed + len(buffer), passed_lines + buffer.count(b"\n")
            buffer = b""
    return end, lines
