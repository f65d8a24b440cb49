"""A DNS message (of dnspython) in, its JSON as DNS-over-HTTPS services tell it out; and that none came."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

_FLAGS = {
    "AA": 0x0400,
    "TC": 0x0200,
    "RD": 0x0100,
    "RA": 0x0080,
    "AD": 0x0020,
    "CD": 0x0010,
}  # RFC 1035, 4035


def told(found: Any) -> bytes:  # noqa: ANN401 -- dns.message.Message, which only the door may import
    """``Status`` (the response code), the flags, ``Question``, ``Answer`` and ``Authority``."""
    said = {
        "Status": int(found.rcode()),
        **{name: bool(found.flags & bit) for name, bit in _FLAGS.items()},
        "Question": [{"name": one.name.to_text(), "type": int(one.rdtype)} for one in found.question],
        "Answer": _rows(found.answer),
        "Authority": _rows(found.authority),
    }
    return json.dumps(said).encode()


def untold(reason: str) -> bytes:
    """No answer came: the collector decides what that means."""
    return json.dumps({"Status": -1, "Comment": reason}).encode()


def _rows(section: Iterable[Any]) -> list[dict[str, object]]:
    return [
        {"name": one.name.to_text(), "type": int(one.rdtype), "TTL": one.ttl, "data": data.to_text()}
        for one in section
        for data in one
    ]
