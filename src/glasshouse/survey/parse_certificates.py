"""Toolbox of collectors: the DER of a certificate or of its names in; a Certificate or names out.

Source of the format: RFC 5280 (certificates), RFC 6962 section 3 (precertificates and what of a certificate
is signed into a log).
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator

from cryptography import x509 as library
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.observed import Certificate
from glasshouse.survey.parse_names import names

MOST_BYTES = 1 << 20  # of one certificate
_SEQUENCE, _EXTENSIONS, _MAIL, _DNS, _IP = 0x30, 0xA3, 0x81, 0x82, 0x87
_ALTERNATIVE = bytes.fromhex("0603551d11")
_POISON = bytes.fromhex("060a2b06010401d679020403")
_TIMESTAMPS = bytes.fromhex("060a2b06010401d679020402")
_UNREADABLE = (ValueError, TypeError, KeyError, OverflowError, UnsupportedAlgorithm, library.InvalidVersion)
_SIGNATURES = {
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.1": "ecdsa-with-SHA224",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.2.840.10040.4.3": "dsa-with-SHA1",
    "2.16.840.1.101.3.4.3.2": "dsa-with-SHA256",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}


def x509(der: bytes) -> Certificate:
    """Everything a certificate (or precertificate) says; raises Malformed whatever the bytes are."""
    if len(der) > MOST_BYTES:
        raise Malformed("a certificate of more than 1 MiB")
    try:
        with warnings.catch_warnings():  # of serial numbers that break RFC 5280
            warnings.simplefilter("ignore")
            return _certificate(library.load_der_x509_certificate(der), der)
    except _UNREADABLE:
        raise Malformed("not a readable X.509 certificate") from None


def _certificate(said: library.Certificate, der: bytes) -> Certificate:
    tbs = said.tbs_certificate_bytes
    marks = _extensions(tbs)
    dns, mails = _alternative(marks.get(_ALTERNATIVE, b""))
    common_name = _first(said.subject, NameOID.COMMON_NAME)
    if common_name and ("." in common_name or parse.address(common_name)):
        dns = (*dns, common_name)
    mails = (*mails, *_texts(said.subject, NameOID.EMAIL_ADDRESS))
    key_type, key_bits, spki = _key(said)
    return Certificate(
        serial=f"{said.serial_number:x}",
        issuer=said.issuer.rfc4514_string(),
        names=names(dns),
        common_name=common_name,
        organisation=_first(said.subject, NameOID.ORGANIZATION_NAME),
        unit=_first(said.subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        emails=tuple(sorted({one.strip().lower() for one in mails if "@" in one})),
        not_before=parse.time(said.not_valid_before_utc),
        not_after=parse.time(said.not_valid_after_utc),
        sha256=hashlib.sha256(der).hexdigest(),
        tbs_sha256=hashlib.sha256(logged_part(tbs)).hexdigest(),
        spki_sha256=spki,
        key_type=key_type,
        key_bits=key_bits,
        signature=_SIGNATURES.get(oid := said.signature_algorithm_oid.dotted_string, oid),
        precertificate=_POISON in marks,
    )


def _extensions(tbs: bytes) -> dict[bytes, bytes]:
    """The value of each extension by its identifier, unread: one that breaks the rules breaks no other."""
    found: dict[bytes, bytes] = {}
    for tag, _, inside in values(_only(tbs, _SEQUENCE)):
        if tag == _EXTENSIONS:
            for _, _, one in values(_only(inside, _SEQUENCE)):
                parts = list(values(one))
                if len(parts) > 1:
                    found.setdefault(parts[0][1], parts[-1][2])
    return found


def _texts(name: library.Name, oid: library.ObjectIdentifier) -> list[str]:
    found = [one.value for one in name.get_attributes_for_oid(oid)]
    return [one.strip() for one in found if isinstance(one, str) and one.strip()]


def _first(name: library.Name, oid: library.ObjectIdentifier) -> str | None:
    return next(iter(_texts(name, oid)), None)


def _key(said: library.Certificate) -> tuple[str | None, int | None, str | None]:
    """Kind and bits of the key, SHA-256 of its SubjectPublicKeyInfo; None of a key that nobody knows."""
    try:
        key = said.public_key()
        spki = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    except (ValueError, UnsupportedAlgorithm):
        return None, None, None
    match key:
        case rsa.RSAPublicKey():
            return "RSA", key.key_size, spki
        case ec.EllipticCurvePublicKey():
            return "EC", key.key_size, spki
        case dsa.DSAPublicKey():
            return "DSA", key.key_size, spki
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256, spki
        case ed448.Ed448PublicKey():
            return "Ed448", 456, spki
    return None, None, spki


def logged_part(tbs: bytes) -> bytes:
    """The TBSCertificate without poison and without SCT list: the same for precertificate and certificate.

    RFC 6962 sections 3.2 and 3.3. Raises Malformed.
    """
    kept = []
    for tag, whole, inside in values(_only(tbs, _SEQUENCE)):
        kept.append(_without_log_marks(inside) if tag == _EXTENSIONS else whole)
    return _framed(_SEQUENCE, b"".join(kept))


def _without_log_marks(said: bytes) -> bytes:
    kept = [
        whole
        for _, whole, inside in values(_only(said, _SEQUENCE))
        if not inside.startswith((_POISON, _TIMESTAMPS))
    ]
    return _framed(_EXTENSIONS, _framed(_SEQUENCE, b"".join(kept))) if kept else b""


def alternative_names(der: bytes) -> tuple[str, ...]:
    """The DNS names and addresses of a subjectAltName extension's value; raises Malformed."""
    return names(_alternative(der)[0])


def _alternative(der: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names and addresses, mail addresses."""
    found, mails = [], []
    for tag, _, inside in values(_only(der, _SEQUENCE)) if der else ():
        if tag == _DNS:
            found.append(inside.decode("latin-1"))
        elif tag == _IP and len(inside) in (4, 16):
            found.append(_address(inside))
        elif tag == _MAIL:
            mails.append(inside.decode("latin-1"))
    return tuple(found), tuple(mails)


def _address(said: bytes) -> str:
    if len(said) == 4:
        return ".".join(map(str, said))
    return ":".join(said[at : at + 2].hex() for at in range(0, 16, 2))


def values(der: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The DER values in a row: tag, the whole value, what is inside; raises Malformed."""
    at = 0
    while at < len(der):
        start, inside = at, at + 2
        if inside > len(der) or der[at] & 0x1F == 0x1F:
            raise Malformed("not DER")
        length = der[at + 1]
        if length >= 0x80:
            inside += length & 0x7F
            if length == 0x80 or length > 0x84 or inside > len(der):
                raise Malformed("not DER")
            length = int.from_bytes(der[at + 2 : inside], "big")
        at = inside + length
        if at > len(der):
            raise Malformed("not DER: it is cut off")
        yield der[start], der[start:at], der[inside:at]


def _only(der: bytes, tag: int) -> bytes:
    found = list(values(der))
    if len(found) != 1 or found[0][0] != tag:
        raise Malformed("not DER of the expected kind")
    return found[0][2]


def _framed(tag: int, inside: bytes) -> bytes:
    if len(inside) < 0x80:
        return bytes([tag, len(inside)]) + inside
    length = len(inside).to_bytes((len(inside).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + inside
