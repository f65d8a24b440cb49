"""A file with saved replies in, plain or packed; its bytes out, up to a limit; and recordings kept."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path

import zstandard

from glasshouse.errors import ReadError

LARGEST = 256 << 20  # bytes, unpacked


def content(path: Path) -> bytes:
    """The bytes of a file; raises ReadError when it cannot be read or is larger than 256 MiB."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for without end
            raise ReadError("it is no file", str(path), "save what it holds in a file")
        with path.open("rb") as stream:
            head = stream.read(4)
            stream.seek(0)
            found = _unpacked(stream, head).read(LARGEST + 1)
    except OSError as problem:
        raise ReadError(
            problem.strerror or "cannot be read", str(path), "check the path and your rights"
        ) from None
    except (EOFError, zlib.error, zstandard.ZstdError):
        raise ReadError("the packed file is damaged", str(path), "fetch it again") from None
    if len(found) > LARGEST:
        raise ReadError(f"larger than {LARGEST >> 20} MiB", str(path), "split it")
    return found


def _unpacked(stream: io.BufferedReader, head: bytes) -> io.BufferedIOBase:
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if head == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True))
    return stream


def files(paths: list[Path]) -> list[Path]:
    """The files that are named, and those below folders that are; in order of their names."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        found += inside
    return found


def keep(path: Path, lines: list[bytes]) -> None:
    """Write a recording, readable by its owner only; raises ReadError."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as stream:
            if path.is_file():
                path.chmod(0o600)  # also one that was there before
            stream.writelines(lines)
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be written", str(path), "check the folder") from None
