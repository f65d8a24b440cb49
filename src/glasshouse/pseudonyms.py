"""A key and a name in, the token that stands for it out; and the keys, one a quarter, in a private folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from glasshouse.errors import ConfigError, ReadError

Kind = Literal["user", "host", "addr"]
KINDS: tuple[Kind, ...] = ("user", "host", "addr")
TOKEN = re.compile(r"(?:user|host|addr)-[0-9a-hjkmnp-tv-z]{8}", re.ASCII)
FOLDER = "pseudonyms"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: tokens are read out loud
_LETTERS = 8  # 40 bits: of 20,000 estates with 10,000 names each, one has two names with one token
_KEY_BYTES = 32
_QUARTER = re.compile(r"\d{4}-Q[1-4]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The tokens of one quarter. ``plain`` brings a name to the one form in which all logs agree on it."""

    key: bytes
    plain: Callable[[Kind, str], str]

    def __repr__(self) -> str:
        return "Pseudonyms(...)"

    def token(self, kind: Kind, name: str) -> str:
        """What stands for a name, however a log spells it; without the key nobody can tell whose it is."""
        return token(self.key, kind, self.plain(kind, name))


def token(key: bytes, kind: Kind, name: str) -> str:
    """HMAC-SHA256 (RFC 2104) over kind and name, the first 40 bits in letters that cannot be confused."""
    said = f"{kind}\x1f{name}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(hmac.new(key, said, hashlib.sha256).digest()[:5], "big")
    letters = (_ALPHABET[number >> shift & 31] for shift in range(5 * (_LETTERS - 1), -1, -5))
    return f"{kind}-{''.join(letters)}"


def quarter_of(now: int) -> str:
    """The quarter a time in microseconds lies in, ``2026-Q4``, UTC."""
    day = datetime.fromtimestamp(now / 1_000_000, UTC)
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"


def key_of(home: Path, quarter: str) -> bytes:
    """The key of a quarter, made at first use; ConfigError when it is no key of ours."""
    file = home / FOLDER / f"{quarter}.key"
    try:
        if not file.exists():
            _make(file)
        key = file.read_bytes()
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), str(file), "check the folder and rights") from None
    if len(key) != _KEY_BYTES:
        raise ConfigError("not a key of pseudonyms", str(file), "restore it, or move it away")
    return key


def keys(home: Path, since: str = "") -> dict[str, bytes]:
    """The keys that are kept, newest quarter first; with ``since`` none of an earlier quarter."""
    found = sorted((file.stem for file in (home / FOLDER).glob("*.key")), reverse=True)
    return {one: key_of(home, one) for one in found if _QUARTER.fullmatch(one) and one >= since}


def shred(home: Path, before: str) -> list[str]:
    """Destroy the keys of all quarters before one: their tokens stand for nobody any more."""
    gone = []
    for file in sorted((home / FOLDER).glob("*.key")):
        if _QUARTER.fullmatch(file.stem) and file.stem < before:
            try:
                _overwrite(file)
                file.unlink()
            except OSError as problem:
                raise ReadError(
                    problem.strerror or str(problem), str(file), "remove it by hand, then purge again"
                ) from None
            gone.append(file.stem)
    return gone


def _make(file: Path) -> None:
    """Write a new key beside its place and link it in, so that no reader sees half a key."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(handle, secrets.token_bytes(_KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    with suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()


def _overwrite(file: Path) -> None:
    handle = os.open(file, os.O_WRONLY)
    try:
        os.write(handle, secrets.token_bytes(_KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
