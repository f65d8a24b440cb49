"""The audit trail in, one ZIP out that proves itself without any database; and such a ZIP in, checked."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import Connection

from glasshouse.errors import ReadError, UsageError
from glasshouse.office import audit, signing, stamp
from glasshouse.office.audit import Entry, canonical
from glasshouse.office.signing import Head, Signer
from glasshouse.office.store import Office
from glasshouse.office.verify import Problem, Verified, verify

LARGEST = 1 << 30  # bytes of a pack
MOST = 10_000  # members
CORE = ("README.txt", "audit.pub", "entries.csv", "entries.jsonl", "head.json")
_STAMP = re.compile(r"stamps/([0-9]{1,18})-[0-9]{1,9}\.tsr", re.ASCII)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full width counts too
_BROKEN = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, struct.error, ValueError, LookupError,
    OSError, zlib.error,
)  # fmt: skip
_README = """\
Audit trail of Glasshouse

entries.jsonl   every act, one JSON object a line; "details" is JSON text
entries.csv     the same for people; a cell that a spreadsheet could run begins with '
head.json       the newest entry, signed
audit.pub       the public key, Ed25519
manifest.json   SHA-256 of every file here; manifest.sig is its signature, base64
stamps/         replies of time-stamp authorities (RFC 3161), named after the entry they are about

To check all of it:   glasshouse audit verify THIS.zip --key audit.pub
Take audit.pub from somebody you trust, not from here: whoever writes a false pack puts a false key in.

By hand:
  base64 -d manifest.sig > sig
  openssl pkeyutl -verify -pubin -inkey audit.pub -rawin -in manifest.json -sigfile sig
  sha256sum entries.jsonl                      and compare with manifest.json
  openssl ts -verify -digest HASH -in stamps/N-1.tsr -CAfile AUTHORITY.pem    HASH of entry N

The hash of an entry is SHA-256 over one JSON object with its fields actor, act, details, previous, seq,
subject, time: keys sorted, no spaces, UTF-8, nothing escaped but what JSON must. "previous" is the hash
of the entry before, 64 zeros for the first. Times are microseconds since 1970-01-01T00:00:00Z.
"""


def export(office: Office, file: Path, actor: str, now: int) -> Head:
    """Write the pack of a whole trail; the export is itself its newest entry. Gives the signed head."""
    signer = signing.signer(office.home)
    with office.transaction() as conn:
        audit.append(conn, act="export", subject="audit trail", actor=actor, now=now)
        data = packed(conn, signer, now)
        write(file, data)
        head = signing.head_of(_members(data)["head.json"])
    signing.remember(office.home, head)
    return head


def packed(conn: Connection, signer: Signer, now: int) -> bytes:
    """The pack of the trail as it is: the same trail, key and time give the same bytes."""
    entries = tuple(audit.entries(conn))
    if not entries:
        raise UsageError("the audit trail is empty", "", "nothing was decided yet")
    members = {
        "README.txt": _README.encode(),
        "audit.pub": signer.public,
        "entries.csv": _csv(entries),
        "entries.jsonl": b"".join(audit.line_of(entry) for entry in entries),
        "head.json": signer.head(entries[-1], now).text(),
    }
    members |= {f"stamps/{one.seq:d}-{one.number:d}.tsr": one.reply for one in stamp.listed(conn)}
    members["manifest.json"] = _manifest(members)
    members["manifest.sig"] = signer.sign(members["manifest.json"]).encode() + b"\n"
    return _zipped(members)


def verify_pack(file: Path, public: bytes | None = None) -> Verified:
    """Check a pack by itself; with ``public`` (PEM) also that it was this key that signed it.

    Nothing is unpacked to disk. Raises ReadError when the file cannot be read; all else is a problem told.
    """
    data = taken(file, LARGEST)
    try:
        members = _members(data)
    except _BROKEN as problem:
        return _unreadable(f"not a pack of an audit trail: {problem}")
    problems = [*_container(data, members), *_signed(members, public)]
    try:
        entries = tuple(_entries(members["entries.jsonl"]))
        head = signing.head_of(members["head.json"])
    except (UsageError, ValueError) as problem:
        return _unreadable(str(problem).splitlines()[0], *problems)
    found = verify(entries, head, public or members["audit.pub"])
    problems += found.problems
    if head.text() != members["head.json"] or _csv(entries) != members["entries.csv"]:
        problems.append(Problem(0, "edited", "head.json or entries.csv does not say what entries.jsonl says"))
    problems += _stamps(members, {entry.seq: entry.hash for entry in entries})
    return Verified(
        entries=found.entries, first=found.first, last=found.last, hash=found.hash, purged=found.purged,
        heads=1, problems=tuple(problems),
    )  # fmt: skip


def taken(file: Path, most: int) -> bytes:
    """The bytes of a file; ReadError when it cannot be read or is larger."""
    try:
        with file.open("rb") as source:
            data = source.read(most + 1)
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), str(file), "check the path") from None
    if len(data) > most:
        raise ReadError(f"larger than {most} bytes", str(file), "this is not the right file")
    return data


def write(file: Path, data: bytes) -> None:
    """Write a file for its owner's eyes, whole or not at all."""
    signing.write(file, data, 0o600)


def _manifest(members: Mapping[str, bytes]) -> bytes:
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())}
    return canonical({"what": "Glasshouse audit trail", "version": 1, "sha256": sums}) + b"\n"


def _zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, data in sorted(members.items()):
            info = zipfile.ZipInfo(name)  # of 1980-01-01
            info.create_system, info.external_attr = 3, 0o644 << 16
            made.writestr(info, data)
    return out.getvalue()


def _members(data: bytes) -> dict[str, bytes]:
    """The files of a pack; ValueError for one that has no place there, is packed, or comes twice."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        infos = made.infolist()
        if len(infos) > MOST or sum(info.file_size for info in infos) > len(data):
            raise ValueError("more in it than it can hold")
        for info in infos:
            name = info.filename
            if name not in (*CORE, "manifest.json", "manifest.sig") and not _STAMP.fullmatch(name):
                raise ValueError("a file in it has no place there")
            if name in found or info.compress_type != zipfile.ZIP_STORED:
                raise ValueError("a file in it comes twice, or is compressed")
            found[name] = made.read(info)
    if missing := {*CORE, "manifest.json", "manifest.sig"} - found.keys():
        raise ValueError(f"without {', '.join(sorted(missing))}")
    return found


def _container(data: bytes, members: Mapping[str, bytes]) -> Iterable[Problem]:
    """Made again from its files, a pack has the same bytes: so no byte of it can be another."""
    listed = {name: one for name, one in members.items() if not name.startswith("manifest.")}
    if _manifest(listed) != members["manifest.json"]:
        yield Problem(0, "edited", "a file is not what manifest.json says")
    if _zipped(members) != data:
        yield Problem(0, "edited", "the ZIP around the files was changed")


def _signed(members: Mapping[str, bytes], public: bytes | None) -> Iterable[Problem]:
    signature = members["manifest.sig"]
    said = signature.decode("ascii", "replace").removesuffix("\n")
    right = said.encode("ascii", "replace") + b"\n" == signature
    if not right or not signing.is_signed(members["manifest.json"], said, public or members["audit.pub"]):
        yield Problem(0, "signature", "manifest.json is not signed by this key")
    if public is not None and signing.fingerprint(public) != signing.fingerprint(members["audit.pub"]):
        yield Problem(0, "signature", "the key in the pack is not the one you gave")


def _entries(text: bytes) -> Iterable[Entry]:
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        said = orjson.loads(line)
        entry = audit.entry_of(said if isinstance(said, dict) else {})
        if audit.line_of(entry) != line:
            raise ValueError(f"entries.jsonl:{number} is not written as it was")
        yield entry


def _stamps(members: Mapping[str, bytes], hashes: Mapping[int, str]) -> Iterable[Problem]:
    for name, reply in members.items():
        if match := _STAMP.fullmatch(name):
            seq = int(match[1])
            try:
                digest, _ = stamp.read(reply)
            except UsageError:
                digest = ""
            if seq in hashes and digest != hashes[seq]:
                yield Problem(seq, "signature", f"{name} is no stamp of entry {seq}")


def _unreadable(says: str, *more: Problem) -> Verified:
    problem = Problem(0, "unreadable", says)
    return Verified(entries=0, first=0, last=0, hash=audit.START, problems=(problem, *more))


def _csv(entries: Iterable[Entry]) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(("seq", "time", "actor", "act", "subject", "details", "previous", "hash"))
    for one in entries:
        words = (_time(one.time), one.actor, one.act, one.subject, one.details, one.previous, one.hash)
        rows.writerow((one.seq, *(_inert(word) for word in words)))
    return out.getvalue().encode("utf-8", "replace")


def _inert(word: str) -> str:
    return f"'{word}" if word.startswith(_FORMULA) else word


def _time(time: int) -> str:
    seconds, rest = divmod(time, 1_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"
    except (ValueError, OverflowError, OSError):
        return str(time)
