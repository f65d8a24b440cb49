"""The pieces of a reply as they arrive in, its whole decompressed body out, never larger than allowed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

_STEP = 256 * 1024  # bytes decompressed at once


class Unreadable(Exception):
    """The body is too large, or not what its encoding says; the message is the reason."""


def whole(pieces: Iterable[bytes], encoding: str, most: int) -> bytes:
    """The body; raises Unreadable as soon as it is larger than ``most`` bytes."""
    word = encoding.strip().lower()
    if word in ("", "identity"):
        found = iter(pieces)
    elif word in ("gzip", "x-gzip", "deflate"):
        found = _inflated(pieces)
    else:
        raise Unreadable("the reply is packed in a way that was not asked for")
    body = bytearray()
    for piece in found:
        body += piece
        if len(body) > most:
            raise Unreadable(f"the reply is larger than {most:,} bytes")
    return bytes(body)


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of at most 256 KiB, so that a small reply cannot become a large one unseen."""
    engine, begun = zlib.decompressobj(zlib.MAX_WBITS | 32), False
    try:
        for piece in pieces:
            left = piece
            while left and not engine.eof:
                begun = True
                yield engine.decompress(left, _STEP)
                left = engine.unconsumed_tail
        if begun and not engine.eof:
            raise Unreadable("the reply ends too early")
    except zlib.error:
        raise Unreadable("the reply is packed wrongly") from None
