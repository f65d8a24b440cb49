"""A row that is about to be written in, its hash out: the audit trail keeps it, ``verify`` compares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from glasshouse.office.audit import canonical
from glasshouse.office.documents import cleaned

LATER = frozenset({"audit_seq"})  # columns that are known only when the entry is


def sha(row: Mapping[str, object]) -> str:
    """SHA-256 of a row: its columns by name, as canonical JSON."""
    said = {str(name): value for name, value in row.items() if name not in LATER}
    return hashlib.sha256(canonical(cleaned(said))).hexdigest()


def sha_of(rows: Iterable[Mapping[str, object]]) -> str:
    """SHA-256 of rows in their order."""
    return hashlib.sha256("\n".join(map(sha, rows)).encode()).hexdigest()


def text_sha(text: str) -> str:
    """SHA-256 of what somebody wrote."""
    return hashlib.sha256(text.encode()).hexdigest()


def mark(row: Mapping[str, object], number: object = None) -> dict[str, str | int]:
    """What an entry says of the row it goes with: its number and its hash."""
    line = row.get("number") if number is None else number
    return {"line": int(str(line)), "row_sha256": sha(row)}
