"""A home folder in, the key that signs the audit trail out; heads of the trail signed and checked with it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from glasshouse.errors import ConfigError, GlasshouseError, ReadError, UsageError
from glasshouse.office.audit import Entry, canonical

KEY, PUBLIC, HEAD = "audit.key", "audit.pub", "audit.head"
WHAT = "head of a Glasshouse audit trail"
_LARGEST = 65_536  # bytes of a key or head file


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A signed statement: at this time the newest entry was this one. Ed25519 (RFC 8032), base64.

    ``key`` is the fingerprint of the public key that checks it.
    """

    seq: int
    hash: str
    time: int
    key: str
    signature: str

    def statement(self) -> bytes:
        """What is signed: canonical JSON."""
        said = {"what": WHAT, "seq": self.seq, "hash": self.hash, "time": self.time, "key": self.key}
        return canonical(said)

    def text(self) -> bytes:
        """The head as one JSON file."""
        return canonical({**orjson.loads(self.statement()), "signature": self.signature}) + b"\n"


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key; it is never shown."""

    private: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Signer({self.fingerprint})"

    @property
    def public(self) -> bytes:
        """The public key as PEM."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """How the key is called."""
        return fingerprint(self.public)

    def sign(self, data: bytes) -> str:
        """The signature of some bytes, base64."""
        return base64.b64encode(self.private.sign(data)).decode()

    def head(self, last: Entry, now: int) -> Head:
        """The statement that this entry is the newest."""
        bare = Head(seq=last.seq, hash=last.hash, time=now, key=self.fingerprint, signature="")
        return Head(
            seq=last.seq, hash=last.hash, time=now, key=bare.key, signature=self.sign(bare.statement())
        )


def signer(home: Path) -> Signer:
    """The signing key of a home folder, made at first use; ConfigError when it is no key of ours."""
    file = home / KEY
    pem = _read(file)
    if pem is None:
        made = Signer(Ed25519PrivateKey.generate())
        secret = made.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if _write_new(file, secret):
            write(home / PUBLIC, made.public, 0o644)
            return made
        pem = _read(file)  # somebody else made it in this moment
    try:
        private = load_pem_private_key(pem or b"", password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigError("not an Ed25519 key", str(file), "restore it from a backup, or move it away")
    return Signer(private)


def is_signed(data: bytes, signature: str, public: bytes) -> bool:
    """Whether a signature over some bytes is by the owner of a public key (PEM)."""
    try:
        key = load_pem_public_key(public)
        raw = base64.b64decode(signature, validate=True)
        if not isinstance(key, Ed25519PublicKey) or base64.b64encode(raw).decode() != signature:
            return False
        key.verify(raw, data)
    except (ValueError, TypeError, binascii.Error, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_ours(head: Head, public: bytes) -> bool:
    """Whether a head is signed by the owner of a public key."""
    return head.key == fingerprint(public) and is_signed(head.statement(), head.signature, public)


def fingerprint(public: bytes) -> str:
    """SHA-256 over the raw key of a PEM; of the text itself when it is no key."""
    try:
        key = load_pem_public_key(public)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    raw = key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else public
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def head_of(text: bytes) -> Head:
    """The head in a JSON file; UsageError when it is none."""
    names = {"what": str, "seq": int, "hash": str, "time": int, "key": str, "signature": str}
    try:
        said = orjson.loads(text)
    except ValueError:
        said = None
    right = isinstance(said, dict) and said.keys() == names.keys() and said["what"] == WHAT
    if not right or any(type(said[name]) is not kind for name, kind in names.items()):
        raise UsageError("not a head of an audit trail", "", "give the file that audit head wrote")
    return Head(**{name: said[name] for name in names if name != "what"})


def remembered(home: Path) -> Head | None:
    """The newest head that was signed here: what the trail must still hold. None when there is none."""
    text = _read(home / HEAD)
    return head_of(text) if text is not None else None


def remember(home: Path, head: Head) -> None:
    """Keep a head beside the key, so that a trail cut short is found."""
    write(home / HEAD, head.text(), 0o600)


def public_key(file: Path) -> bytes:
    """A public key from a file; ConfigError when it is none."""
    pem = _read(file)
    if pem is None:
        raise ReadError("no such file", str(file), "check the path")
    try:
        right = isinstance(load_pem_public_key(pem), Ed25519PublicKey)
    except (ValueError, UnsupportedAlgorithm):
        right = False
    if not right:
        raise ConfigError("not an Ed25519 public key", str(file), f"give the file {PUBLIC}")
    return pem


def write(file: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all; ReadError when the disk refuses."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:  # noqa: PTH123
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as problem:
        raise _refused(problem, file) from None


def _write_new(file: Path, data: bytes) -> bool:
    """Write a file nobody else may read, unless it exists: then False."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    write(draft, data, 0o600)
    try:
        os.link(draft, file)
    except FileExistsError:
        return False
    except OSError as problem:
        raise _refused(problem, file) from None
    finally:
        draft.unlink(missing_ok=True)
    return True


def _read(file: Path) -> bytes | None:
    try:
        with file.open("rb") as source:
            return source.read(_LARGEST)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _refused(problem, file) from None


def _refused(problem: OSError, file: Path) -> GlasshouseError:
    return ReadError(problem.strerror or str(problem), str(file), "check the folder and your rights")
