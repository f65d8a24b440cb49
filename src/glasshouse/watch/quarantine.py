"""Records that could not be read in, a private file of them out: one JSON object a line.

Each line has source, file, position, reason, sha256 and size of the whole record, and its bytes in base64
(``record``, at most RECORD_KEPT of them, ``cut`` says so). A record may hold API keys and passwords, and one
that cannot be parsed cannot be cleaned field by field. So by default what looks like a secret is covered
(``covered``: true): everything ``redact`` knows, and every run of 20 or more letters and digits mixed.
The hash is always that of the raw record, so that it can be found again in the log it came from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from glasshouse.errors import ReadError
from glasshouse.records import Trouble

RECORD_KEPT = 16 << 10
FILE_LIMIT = 256 << 20
_CHECK = "check the folder and its space"
# Letters and digits, also as JSON, backslash-x or percent escapes.
_RUN = re.compile(r"(?:[A-Za-z0-9+_=-]|\\u00[0-9A-Fa-f]{2}|\\x[0-9A-Fa-f]{2}|%[0-9A-Fa-f]{2}){20,}+")
Cover = Callable[[str], str]


class Quarantine:
    """One file of one run, made when the first record comes; ``close`` it in the end."""

    def __init__(self, folder: Path, cover: Cover | None) -> None:
        """Make the folder. ``cover`` takes secrets out of a text; None keeps the bytes as they are."""
        self._folder, self._cover = folder, cover
        self._written = self.kept = self.dropped = 0
        self._stream: IO[bytes] | None = None
        self.path: Path | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as problem:
            raise _refused(problem, folder) from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ReadError("quarantine: cannot be written to", str(folder), _CHECK)

    def __call__(self, source: str, trouble: Trouble, record: bytes) -> None:
        """Keep one record. Raises ReadError when the disk refuses."""
        line = self._line(source, trouble, record)
        if self._written + len(line) > FILE_LIMIT:
            self.dropped += 1
            return
        try:
            stream = self._stream = self._stream or self._opened()
            stream.write(line)
        except OSError as problem:
            raise _refused(problem, self.path or self._folder) from None
        self._written += len(line)
        self.kept += 1

    def close(self) -> str:
        """Finish the file and say where it is, and how many records were too many for it."""
        if self._stream:
            try:
                self._stream.close()
            except OSError as problem:
                raise _refused(problem, self.path or self._folder) from None
        if self.path is None:
            return ""
        return f"{self.path}, {self.dropped:,} more left out" if self.dropped else str(self.path)

    def _opened(self) -> IO[bytes]:
        now = datetime.now(UTC)
        self.path = self._folder / f"quarantine-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(handle, "wb")

    def _line(self, source: str, trouble: Trouble, record: bytes) -> bytes:
        kept = record[:RECORD_KEPT]
        if self._cover:
            kept = covered(kept, self._cover)
        said = {
            "source": source,
            "file": trouble.where,
            "position": trouble.position,
            "reason": trouble.reason,
            "sha256": hashlib.sha256(record.rstrip(b"\r\n")).hexdigest() if record else None,
            "size": len(record) if record else None,
            "covered": self._cover is not None,
            "cut": len(record) > RECORD_KEPT,
            "record": base64.b64encode(kept).decode(),
        }
        return json.dumps(said).encode("ascii") + b"\n"


def covered(record: bytes, cover: Cover) -> bytes:
    """The bytes of a record without what is, or merely looks like, a key."""
    text = cover(record.decode("utf-8", "surrogateescape"))
    return _RUN.sub(_hidden, text).encode("utf-8", "surrogateescape")


def _hidden(match: re.Match[str]) -> str:
    run = match.group()
    mixed = re.search(r"[0-9]", run) and re.search(r"[A-Za-z]", run)
    return f"<{len(run)} letters and digits>" if mixed else run


def _refused(problem: OSError, where: Path) -> ReadError:
    return ReadError(f"quarantine: {problem.strerror or 'cannot be written'}", str(where), _CHECK)
