"""The head of a trail in, a request for a time-stamp authority out; its reply in, kept (RFC 3161)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from glasshouse.errors import UsageError
from glasshouse.office import audit
from glasshouse.office.tables import audit as trail
from glasshouse.office.tables import stamps

LARGEST = 65_536  # bytes of a reply
_SHA256 = bytes.fromhex("0609608648016503040201")  # the object identifier, DER
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_SEQUENCE, _INTEGER, _OCTETS, _EXPLICIT_0, _TIME = 0x30, 0x02, 0x04, 0xA0, 0x18


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A reply that was kept: an authority saw the hash of this entry at ``stamped``.

    Its signature is the authority's: ``openssl ts -verify`` checks it against the authority's certificate.
    """

    seq: int
    number: int
    hash: str
    kept: int
    stamped: int
    reply: bytes


def request(digest: str) -> bytes:
    """A TimeStampReq (DER) over a SHA-256 digest in hexadecimal, asking for the certificate too."""
    imprint = _der(_SEQUENCE, _der(_SEQUENCE, _SHA256 + b"\x05\x00") + _der(_OCTETS, bytes.fromhex(digest)))
    return _der(_SEQUENCE, _der(_INTEGER, b"\x01") + imprint + b"\x01\x01\xff")


def read(reply: bytes) -> tuple[str, int]:
    """The digest and the time in a TimeStampResp; UsageError when it is none, or a refusal."""
    try:
        status, *token = _inside(_only(reply[: LARGEST + 1], _SEQUENCE), 1)
        granted = _inside(_value(status, _SEQUENCE), 1)[0]
        if int.from_bytes(_value(granted, _INTEGER)) <= 1:
            return _token(b"".join(token))
    except (ValueError, OverflowError):
        raise UsageError(
            "not the reply of a time-stamp authority over SHA-256", "", "give the .tsr as it came"
        ) from None
    raise UsageError("the authority refused", "", "ask again")


def keep(conn: Connection, reply: bytes, actor: str, now: int) -> Stamp:
    """Keep the reply of an authority; UsageError when it is about nothing in our trail."""
    digest, stamped = read(reply)
    seq = conn.execute(select(trail.c.seq).where(trail.c.hash == digest)).scalar()
    if seq is None:
        raise UsageError("the reply is about no entry of this trail", "", "ask for our newest head")
    text = base64.b64encode(reply).decode()
    for had in listed(conn):
        if had.seq == seq and had.reply == reply:
            return had
    newest = conn.execute(select(func.max(stamps.c.number)).where(stamps.c.seq == seq)).scalar() or 0
    values = {"seq": seq, "number": newest + 1, "hash": digest, "kept": now, "stamped": stamped}
    conn.execute(stamps.insert().values(**values, reply=text))
    details: audit.Details = {"seq": seq, "hash": digest, "stamped": stamped}
    audit.append(conn, act="stamp", subject=f"audit {seq}", actor=actor, now=now, details=details)
    return Stamp(seq=seq, number=newest + 1, hash=digest, kept=now, stamped=stamped, reply=reply)


def listed(conn: Connection) -> tuple[Stamp, ...]:
    """The stamps that were kept, in order."""
    rows = conn.execute(select(stamps).order_by(stamps.c.seq, stamps.c.number))
    return tuple(Stamp(**{**row._mapping, "reply": base64.b64decode(row.reply)}) for row in rows)


def _token(token: bytes) -> tuple[str, int]:
    kind, content = _inside(_value(token, _SEQUENCE), 2)
    signed = _inside(_value(_value(content, _EXPLICIT_0), _SEQUENCE), 3)
    held, octets = _inside(_value(signed[2], _SEQUENCE), 2)
    if kind != _SIGNED_DATA or held != _TST_INFO:
        raise ValueError
    info = _inside(_only(_only(_value(octets, _EXPLICIT_0), _OCTETS), _SEQUENCE), 5)
    method, digest = _inside(_value(info[2], _SEQUENCE), 2)
    if _inside(_value(method, _SEQUENCE), 1)[0] != _SHA256:
        raise ValueError
    whole = _value(info[4], _TIME).decode("ascii").rstrip("Z").partition(".")
    time = datetime.strptime(whole[0], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return _value(digest, _OCTETS).hex(), int(time.timestamp()) * 1_000_000


def _der(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value  # all of ours are shorter than 128 bytes


def _inside(value: bytes, least: int) -> list[bytes]:
    """The elements that stand in a value, each with tag and length; ValueError when there are fewer."""
    found = []
    while value:
        length = _length(value)
        found.append(value[:length])
        value = value[length:]
    if len(found) < least:
        raise ValueError
    return found


def _only(element: bytes, tag: int) -> bytes:
    if _length(element) != len(element):
        raise ValueError
    return _value(element, tag)


def _value(element: bytes, tag: int) -> bytes:
    if not element or element[0] != tag:
        raise ValueError
    return element[_header(element) :]


def _header(element: bytes) -> int:
    if len(element) < 2 or element[1] in (0x80, 0xFF):
        raise ValueError
    return 2 + (element[1] & 0x7F if element[1] & 0x80 else 0)


def _length(element: bytes) -> int:
    """Length of the first element of some bytes, its header counted; ValueError when they end before it."""
    header = _header(element)
    size = int.from_bytes(element[2:header]) if header > 2 else element[1]
    if header > 6 or header + size > len(element):
        raise ValueError
    return header + size
