"""Shipped YAML files in, one JSON document of what they say out, and back: YAML takes ten times longer.

What is compiled counts only for a file that still has the same bytes; a leaf that is new or was changed is
read as YAML, so that the document can be old but never wrong. ``make docs`` writes it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

Compiled = Mapping[str, tuple[str, object]]  # by file name: SHA-256 of the file, and what it says


def document(said: Mapping[str, tuple[bytes, object]]) -> bytes:
    """The JSON document of some files, each with its content and what that says; one line a file."""
    lines = [
        orjson.dumps(name) + b": " + orjson.dumps([_digest(content), value])
        for name, (content, value) in sorted(said.items())
    ]
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def read(text: bytes) -> Compiled:
    """A document as it was written."""
    found: Compiled = orjson.loads(text)
    return found


def said(compiled: Compiled, name: str, content: bytes) -> object | None:
    """What a file of this name and content says; None when exactly this content was not compiled."""
    digest, value = compiled.get(name, ("", None))
    return value if digest == _digest(content) else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
