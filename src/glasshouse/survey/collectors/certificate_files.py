"""Files with certificates of ours in (PEM, DER, PKCS #7), certificates out; nobody is asked.

Source of the format: RFC 7468 (PEM), RFC 5280 (DER), RFC 2315 (PKCS #7). Private keys that lie in the same
file are passed over unread.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Iterator

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Certificate
from glasshouse.records import Trouble
from glasshouse.survey.parse_certificates import values, x509

TITLE = "Certificate files of ours (import only)"
TECHNIQUE = "T1596.003"
DATABASE = "own"
SUBJECTS: tuple[str, ...] = ()
HOSTS: tuple[str, ...] = ()
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 0.0
EMPTY: tuple[int, ...] = ()
LIVE = False

_BLOCK = re.compile(
    rb"-----BEGIN (?P<kind>(?:X509 |TRUSTED )?CERTIFICATE|PKCS7|CMS)-----"
    rb"(?P<inside>[A-Za-z0-9+/=\s]{1,4194304}?)-----END (?P=kind)-----"
)
_ANY_BLOCK = b"-----BEGIN "
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Nothing: such files are only imported."""
    return None


def read(subject: Subject, reply: Reply) -> Iterator[Certificate | Trouble]:
    """One certificate for each issuance in the file; raises Malformed when none is readable."""
    issuances: dict[str, Certificate] = {}
    for place, der in enumerate(_cut(reply.body), 1):
        try:
            found = x509(der)
        except Malformed as problem:
            yield Trouble("certificate-files", place, str(problem))
            continue
        if found.key not in issuances or issuances[found.key].precertificate:
            issuances[found.key] = found
    if not issuances:
        raise Malformed("no readable certificate in it")
    yield from issuances.values()


def _cut(body: bytes) -> Iterator[bytes]:
    if _ANY_BLOCK not in body:
        yield from _of_pkcs7(body)
        return
    for block in _BLOCK.finditer(body):
        try:
            der = base64.b64decode(b"".join(block["inside"].split()), validate=True)
            if block["kind"].startswith(b"TRUSTED"):  # OpenSSL's own: what is trusted stands behind it
                der = next((whole for _, whole, _ in values(der)), b"")
        except (binascii.Error, Malformed):
            der = b""
        yield from _of_pkcs7(der)


def _of_pkcs7(der: bytes) -> list[bytes]:
    """The certificates inside; the bytes themselves when they are no PKCS #7."""
    if _SIGNED_DATA not in der[:40]:
        return [der]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [one.public_bytes(Encoding.DER) for one in pkcs7.load_der_pkcs7_certificates(der)]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return [der]


def detect(head: bytes, name: str) -> int:
    """A PEM block of a certificate; or DER, by its first bytes and the file's name."""
    if re.search(rb"^-----BEGIN ((X509 |TRUSTED )?CERTIFICATE|PKCS7|CMS)-----", head, re.MULTILINE):
        return 90
    if not head.startswith(b"\x30\x82"):
        return 0
    if name.lower().endswith((".cer", ".crt", ".der", ".p7b", ".p7c")):
        return 80
    return 60 if head[4:6] == b"\x30\x82" or _SIGNED_DATA in head[:40] else 0
