"""Toolbox of the envelopes: wrapped bytes in, the record inside and what the envelope says of it out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from glasshouse.errors import Malformed
from glasshouse.watch.parse import MICRO, Layout, dig, iso, json_object, string, text, yearless

Raw = dict[str, Any]
_LINES = 200
_STRICT_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_DIGITS = re.compile(r"\d{9,19}(?:\.\d{1,9})?$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Inner:
    """One record taken out. ``program`` is what tells apart the formats that share a file: program, file.

    ``time`` (microseconds) and ``host`` are the envelope's: when, and by which machine, the record was sent.
    """

    data: bytes
    program: str = ""
    time: int | None = None
    doubt: str | None = None
    host: str | None = None


def lines_that(fit: re.Pattern[bytes], head: bytes) -> float:
    """The share of the first lines that a pattern fits from their beginning; the last may be cut off."""
    lines = [line for line in head.split(b"\n")[: _LINES + 1] if line.strip()]
    if len(lines) > 1 and not head.endswith(b"\n"):
        lines.pop()
    return sum(1 for line in lines if fit.match(line)) / len(lines) if lines else 0.0


def first_object(head: bytes) -> Raw:
    """The first JSON object of the head, wherever it ends; {} when there is none."""
    body = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n[,\x1e")
    if body[:1] != b"{":
        return {}
    try:
        return json_object(body.split(b"\n", 1)[0].rstrip(b" \t\r,]"))
    except Malformed:
        pass
    from json import JSONDecodeError, JSONDecoder

    try:
        found, _end = JSONDecoder().raw_decode(body.decode("utf-8", "replace"))
    except (JSONDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def when(said: object, layout: Layout) -> tuple[int | None, str | None]:
    """The envelope's time: ISO 8601, or seconds, milliseconds, micro- or nanoseconds since 1970.

    What cannot be read is no time; the record inside may have its own.
    """
    word = string(said)
    if word is None:
        return None, None
    try:
        if _DIGITS.match(word):
            whole, _, part = word.partition(".")
            scale = next(step for most, step in _SCALES if len(whole) <= most)
            return int(whole) * scale // 1000 + (
                int((part + "000000")[:6]) if scale == MICRO * 1000 else 0
            ), None
        if _STRICT_ISO.match(word):
            return iso(word.replace(" UTC", "Z"), layout)
        month, day, clock = word.split()[:3]
        return yearless(month, day, clock, layout)
    except (Malformed, ValueError):
        return None, None


_SCALES = ((11, MICRO * 1000), (14, 1_000_000), (17, 1000), (99, 1))  # thousandths of a microsecond


def as_bytes(value: object) -> bytes | None:
    """What an envelope holds, as the bytes a source reads: text as it is, an object as JSON."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace") if value.strip() else None
    if isinstance(value, dict) and value:
        return orjson.dumps(value)
    return None


def member(
    fields: Raw, path: str, layout: Layout, program: str = "", time: str = "", host: str = ""
) -> Iterator[Inner]:
    """The record at a path of a JSON object, time, host and program at theirs; nothing when there is none."""
    data = as_bytes(dig(fields, path))
    if data is not None:
        moment, doubt = when(dig(fields, time), layout) if time else (None, None)
        named = string(dig(fields, program)) if program else None
        yield Inner(data, named or "", moment, doubt, string(dig(fields, host)) if host else None)


def several(items: object, one: Callable[[Raw], Iterator[Inner]]) -> Iterator[Inner]:
    """The records of a list of objects."""
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            yield from one(item)


def cells(record: bytes) -> list[str]:
    """The cells of one CSV record. Raises Malformed."""
    try:
        return next(csv.reader(io.StringIO(text(record), newline=""), strict=True), [])
    except csv.Error as problem:
        raise Malformed(f"not CSV: {str(problem)[:80]}") from None


def row(record: bytes, layout: Layout, is_header: Callable[[list[str]], bool]) -> dict[str, str] | None:
    """A CSV record as columns and values; None for the header and for blank records. Raises Malformed."""
    got = cells(record)
    if not any(got):
        return None
    if is_header(got):
        layout.fields = tuple(got)
        return None
    if not layout.fields:
        raise Malformed("a record before the header")
    if len(got) != len(layout.fields):
        raise Malformed(f"{len(got)} columns, the header names {len(layout.fields)}")
    return dict(zip(layout.fields, got, strict=True))


__all__ = [
    "Inner", "Raw", "as_bytes", "cells", "dig", "first_object", "json_object", "lines_that", "member",
    "row", "several", "string", "when",
]  # fmt: skip
