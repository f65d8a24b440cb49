"""The key of a JSON member in, the patterns by which the sieve finds lookup ports in it out."""

from __future__ import annotations

LOOKUP_PORTS = (43, 4321, 5432)  # WHOIS, rwhois, crt.sh's PostgreSQL
_BLANKS = (rb"\x20", rb"\t", rb"\r", rb"\n")


def json_ports(key: bytes) -> tuple[bytes, ...]:
    r"""Patterns (Hyperscan syntax) for ``key": 43`` and the like, with any blanks and quotes JSON allows.

    One pattern, ``key"\s*:\s*"?43``, would be tried at every record, as ``key`` stands in each. So each of
    these begins with a literal that is rare. Unusual blanks are let through whatever comes after them.
    """
    ports = [str(port).encode() for port in LOOKUP_PORTS]
    starts = (b":", b':"', rb":\x20", rb':\x20"')
    usual = [b'%s"%s%s\\b' % (key, start, port) for start in starts for port in ports]
    odd = [b'%s"%s' % (key, blank) for blank in _BLANKS]
    odd += [b'%s":%s' % (key, blank) for blank in _BLANKS[1:]]
    odd += [rb'%s":\x20%s' % (key, blank) for blank in _BLANKS]
    return (*usual, *odd)
