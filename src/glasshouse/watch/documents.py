"""JSON that is not one object a line: an array or pretty-printed objects in, one object at a time out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import IO

import orjson

BLOCK = 1 << 20
DOCUMENT_LIMIT = 1 << 20
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}]|"', re.DOTALL)
_GLUE = b" \t\r\n,[]\x1e"


def is_documents(head: bytes) -> bool:
    """Whether the first line is not by itself one whole JSON object: an array, pretty-printed, or several."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"[":
        return True
    if start[:1] != b"{":
        return False
    first, newline, _rest = start.partition(b"\n")
    try:
        return not isinstance(orjson.loads(first), dict)
    except orjson.JSONDecodeError:
        spans = list(islice(_spans(first), 2))
        if len(spans) == 2 or (spans and first[spans[0][1] :].strip(_GLUE).startswith(b"{")):
            return True  # one behind the other, no newline between them
        return bool(newline) and (first.strip() == b"{" or first.count(b"{") > first.count(b"}"))


def documents(head: bytes, stream: IO[bytes]) -> Iterator[tuple[int, bytes, str | None]]:
    """(number from 1, bytes, reason it is unusable or None) of every top-level object."""
    buffer, number, final = head.removeprefix(b"\xef\xbb\xbf"), 0, False
    while True:
        used = 0
        for start, end in _spans(buffer):
            stray = buffer[used:start].strip(_GLUE)
            if stray:
                number += 1
                yield number, b"", f"{len(stray)} bytes between JSON documents"
            number += 1
            used = end
            yield number, buffer[start:end], None
        buffer = buffer[used:]
        if final:
            break
        if len(buffer) > DOCUMENT_LIMIT + BLOCK:
            number += 1
            yield number, b"", f"document longer than {DOCUMENT_LIMIT:,} bytes"
            buffer = _skip(buffer, stream)
        block = stream.read(BLOCK)
        final = not block
        buffer += block
    if buffer.strip(_GLUE):
        yield number + 1, b"", "the last document is cut off"


def _skip(buffer: bytes, stream: IO[bytes]) -> bytes:
    """Drop bytes up to the next line that begins an object as far in as the one that is too long."""
    start = len(buffer) - len(buffer.lstrip(_GLUE))
    indent = buffer[:start].rpartition(b"\n")[2].strip(b",[]\r\x1e")
    sign = b"\n" + indent[:80] + b"{"
    while True:
        at = buffer.find(sign, start)
        if at >= 0:
            return buffer[at + 1 :]
        block = stream.read(BLOCK)
        if not block:
            return b""
        buffer, start = buffer[-len(sign) :] + block, 0


def _spans(buffer: bytes) -> Iterator[tuple[int, int]]:
    depth, start = 0, 0
    for match in _TOKEN.finditer(buffer):
        token = match.group()
        if token == b"{":
            if depth == 0:
                start = match.start()
            depth += 1
        elif token == b"}" and depth:
            depth -= 1
            if depth == 0:
                yield start, match.end()
        elif token == b'"':
            return  # a string that is not finished in this buffer
