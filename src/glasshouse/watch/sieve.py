"""The sieve: names to look for in, a scanner out that tells where in raw bytes they may stand.

It may let too much through, never too little: match decides exactly.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hyperscan

Scan = Callable[[bytes], list[int]]

# An escaped letter, digit, dot or dash: a name may hide behind it, and nothing else does.
_HEX = b"(2[de]|3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])"
ESCAPES: dict[str, tuple[bytes, ...]] = {
    "json": (rb"\\u00" + _HEX,),
    "backslash-x": (rb"\\x" + _HEX,),
    "xml": (rb"&#x0*" + _HEX + rb";", rb"&#0*(4[56789]|5[0-7]|6[5-9]|[78][0-9]|9[0789]|1[01][0-9]|12[0-2]);"),
}


# Among many names, one literal this short makes Hyperscan pick a matcher that is a quarter faster.
_SPUR, _MANY = rb"\x00\x01\x02", 100


def spell(needle: str, spelling: str) -> bytes | None:
    """How a format writes a name, as a Hyperscan pattern; None if it has no way of its own."""
    if spelling == "labels":  # (3)api(6)shodan(2)io(0): Windows DNS debug logs
        return rb"\([0-9]+\)".join(re.escape(part).encode() for part in needle.split(".") if part)
    if spelling == "hex":  # auditd writes an argument with a blank in it as hex digits
        pairs = (sorted({byte, ord(chr(byte).upper())}) for byte in needle.encode())
        return b"".join(b"(?:" + b"|".join(b"%02x" % byte for byte in pair) + b")" for pair in pairs)
    return None


def patterns(needles: Iterable[str], spellings: Sequence[str], extra: Iterable[bytes]) -> list[bytes]:
    """All Hyperscan patterns for one source, shortest names only, in a fixed order."""
    short = _shortest(needles)
    found = {re.escape(needle).encode() for needle in short}
    for spelling in spellings:
        found.update(ESCAPES.get(spelling, ()))
        found.update(filter(None, (spell(needle, spelling) for needle in short)))
    return sorted(found) + list(extra)


def _shortest(needles: Iterable[str]) -> list[str]:
    """Drop every needle that holds another one: finding the shorter finds it too."""
    kept: list[str] = []
    for needle in sorted(
        {needle.lower() for needle in needles if needle}, key=lambda said: (len(said), said)
    ):
        if not any(shorter in needle for shorter in kept):
            kept.append(needle)
    return kept


def scanner(expressions: Sequence[bytes]) -> Scan:
    """A thread-safe function: bytes in, sorted offsets of the last byte of each match out."""
    if not expressions:
        return lambda _block: []
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    every = [*expressions, _SPUR] if len(expressions) > _MANY else list(expressions)
    database.compile(
        expressions=every,
        ids=list(range(len(every))),  # with one id for all, compiling takes quadratic time
        elements=len(every),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(every),
    )
    first = hyperscan.Scratch(database)
    own = threading.local()

    def scan(block: bytes) -> list[int]:
        if not hasattr(own, "scratch"):
            own.scratch = first.clone()
        hits: list[int] = []

        def hit(_number: int, _start: int, end: int, _flags: int, _context: Any = None) -> None:  # noqa: ANN401
            hits.append(end - 1)

        database.scan(block, match_event_handler=hit, scratch=own.scratch)
        hits.sort()
        return hits

    return scan
