"""What was purged, beside the databases; so that a restored backup does not bring it back unseen."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import orjson

from glasshouse.errors import ConfigError, ReadError

FILE = "purged.jsonl"
LAKE, MARK = "lake", "purged"  # the folder of lookups, and the file in it with the id of the last purge
_LARGEST = 16 << 20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """One purge: what lies before these times (microseconds) is gone for good, and so are these identities.

    ``cases`` are those removed, by number and time of opening: in a backup they may not be closed yet.
    ``erased`` are HMAC-SHA256 of kind and name under ``salt``: they tell a name again but do not hold it.
    """

    id: str
    time: int
    lookups_before: int
    baselines_before: int
    cases_before: int
    audit_before: int
    keys_before: str  # quarter
    cases: tuple[str, ...] = ()
    salt: str = ""
    erased: tuple[str, ...] = ()
    marked: bool = False  # whether it left its id in the lake's folder, too

    def names(self, kind: str, name: str) -> bool:
        """Whether an identity in its plain form was erased here."""
        return bool(self.erased) and _digest(self.salt, kind, name) in self.erased


@lru_cache(maxsize=65_536)
def _digest(salt: str, kind: str, name: str) -> str:
    return digest(salt, kind, name)


def digest(salt: str, kind: str, name: str) -> str:
    """How a tombstone knows an identity."""
    said = f"{kind}\x1f{name}".encode("utf-8", "surrogatepass")
    return hmac.new(bytes.fromhex(salt), said, hashlib.sha256).hexdigest()


def fresh() -> tuple[str, str]:
    """The id of a new tombstone, and a salt."""
    return secrets.token_hex(16), secrets.token_hex(32)


def read(home: Path) -> tuple[Tombstone, ...]:
    """The tombstones of a home folder, oldest first; ConfigError when the file is damaged."""
    file = home / FILE
    try:
        if not file.exists():
            return ()
        return of_text(file.read_bytes(), file)
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), str(file), "check the file and rights") from None


def of_text(data: bytes, where: Path) -> tuple[Tombstone, ...]:
    """Tombstones from such a file or from an exported proof."""
    names = {one.name for one in fields(Tombstone)}
    try:
        rows = [orjson.loads(line) for line in data[:_LARGEST].splitlines() if line.strip()]
        made = [
            Tombstone(**{**row, "cases": tuple(row["cases"]), "erased": tuple(row["erased"])})
            for row in rows
            if names - {"marked"} <= row.keys() <= names
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        made, rows = [], [None]
    if len(made) != len(rows):
        raise ConfigError("not a record of what was purged", str(where), "restore it from an exported proof")
    return tuple(made)


def text_of(tombstones: Iterable[Tombstone]) -> bytes:
    """The file, or an exported proof."""
    return b"".join(orjson.dumps(asdict(one), option=orjson.OPT_APPEND_NEWLINE) for one in tombstones)


def put(home: Path, tombstones: Sequence[Tombstone]) -> None:
    """Write the whole file, so that it is there after a power cut; for its owner's eyes."""
    file = home / FILE
    draft = file.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(text_of(tombstones))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), str(file), "check the folder and space") from None


def newest(home: Path) -> str | None:
    """The id of the last purge; a database that does not know it is older than that purge.

    Raises ReadError when the folder of lookups is: put back alone, it holds what was purged.
    """
    found = read(home)
    if not found:
        return None
    last = found[-1]
    if last.marked and (home / LAKE).is_dir() and _mark_of(home) != last.id:
        if holds_lookups(home):
            raise restored(str(home / LAKE))
        with suppress(OSError):
            mark(home, last.id)  # an empty lake has nothing to purge
    return last.id


def holds_lookups(home: Path) -> bool:
    """Whether there are files of lookups, whatever any database says."""
    return any((home / LAKE).glob("lookups/*/*.parquet"))


def mark(home: Path, purge: str) -> None:
    """Leave the id of a purge beside the lookups: a folder without it is older."""
    (home / LAKE / MARK).write_text(purge, "utf-8")


def _mark_of(home: Path) -> str:
    try:
        return (home / LAKE / MARK).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def restored(where: str) -> ReadError:
    """What whoever opens such a database is told: nothing of it is shown before it is purged again."""
    return ReadError(
        "it is older than the last purge and holds what was purged: a restored backup, or a purge cut off",
        where,
        "glasshouse privacy purge removes it again",
    )
