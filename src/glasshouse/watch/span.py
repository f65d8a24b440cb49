"""A part of a file, and what its format remembers up to there, in; the bytes of that part out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

from glasshouse.watch.parse import Layout


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``stop`` of a file that is not packed; ``lines`` stand before it."""

    start: int
    stop: int
    lines: int = 0
    layout: Layout | None = None


class Part:
    """Reads the bytes of one span from an open file and no more."""

    def __init__(self, raw: IO[bytes], span: Span) -> None:
        raw.seek(span.start)
        self._raw, self._left = raw, span.stop - span.start

    def __call__(self, size: int) -> bytes:
        """Up to ``size`` bytes; b"" at the end of the span or the file."""
        got = self._raw.read(min(size, self._left))
        self._left -= len(got)
        return got
