"""Toolbox of collectors: how scan databases write services in; ports, CVEs, hashes in one spelling out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from glasshouse.errors import ReadError
from glasshouse.observed import Service
from glasshouse.safe import safe
from glasshouse.survey.parse_names import names, number, spelt, word

BANNER = 2_000  # characters kept of a banner
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,9}", re.IGNORECASE)
_CPE = re.compile(r"cpe:(/|2\.3:)[aoh*-]?[^\s]{1,400}", re.IGNORECASE)
_TLS = re.compile(r"(?P<kind>SSL|TLS)[ _]?v?(?P<major>[0-9])(?:[._](?P<minor>[0-9]))?", re.IGNORECASE)
_HEX64 = re.compile(r"[0-9a-f]{64}")


def port(said: object) -> int | None:
    """A port number; None for anything else."""
    found = number(said)
    return found if found is not None and 0 <= found <= 65_535 else None


def cves(said: Iterable[object]) -> tuple[str, ...]:
    """CVE numbers, upper case, sorted, each once; a ``!`` in front means that it is not there."""
    found = (one.strip().upper() for one in said if isinstance(one, str))
    return tuple(sorted({one for one in found if _CVE.fullmatch(one)}))


def cpes(said: Iterable[object]) -> tuple[str, ...]:
    """CPE names in their order, each once."""
    found = (one.strip() for one in said if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in found if _CPE.fullmatch(one)))


def tags(said: Iterable[object]) -> tuple[str, ...]:
    """Tags, lower case, sorted, each once."""
    return tuple(sorted({one.strip().lower() for one in said if isinstance(one, str) and one.strip()}))


def tls_versions(said: Iterable[object]) -> tuple[str, ...]:
    """Versions that are offered, in OpenSSL's spelling (``TLSv1``, ``TLSv1.2``), sorted.

    ``-SSLv2`` means that it is not offered.
    """
    found = set()
    for one in said:
        match = _TLS.fullmatch(one.strip()) if isinstance(one, str) else None
        if match:
            minor = "" if match["minor"] in (None, "0") else f".{match['minor']}"
            found.add(f"{match['kind'].upper()}v{match['major']}{minor}")
    return tuple(sorted(found))


def sha256(said: object) -> str | None:
    """A SHA-256 in lower-case hex; colons and a ``sha256:`` in front are taken off."""
    found = said.strip().lower().removeprefix("sha256:").replace(":", "") if isinstance(said, str) else ""
    return found if _HEX64.fullmatch(found) else None


def fingerprint(said: object) -> str | None:
    """A JARM or JA4S; None for the zeros that stand for no TLS."""
    found = word(said)
    return found if found and found.strip("0") else None


def host_key(said: object) -> str | None:
    """SHA-256 in hex of an SSH host key in base64 (RFC 4253, section 6.6), as ``ssh-keygen -l`` hashes it."""
    if not isinstance(said, str) or not 40 <= len(said) <= 20_000:
        return None
    try:
        key = base64.b64decode("".join(said.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(key).hexdigest()


def serial(said: object, base: int = 10) -> str | None:
    """A certificate's serial number in lower-case hex without leading zeros."""
    if isinstance(said, int) and not isinstance(said, bool):
        return f"{said:x}" if said >= 0 else None
    digits = said.strip().replace(":", "").lower() if isinstance(said, str) else ""
    if not 0 < len(digits) <= 80 or not re.fullmatch(r"[0-9]+" if base == 10 else r"[0-9a-f]+", digits):
        return None
    return f"{int(digits, base):x}"


def asn(said: object) -> str | None:
    """An autonomous system as ``AS64500``."""
    found = number(said.strip().upper().removeprefix("AS")) if isinstance(said, str) else number(said)
    return f"AS{found}" if found is not None and 0 < found < 1 << 32 else None


def first(said: object) -> str | None:
    """The text, or the first text of a list, that says something."""
    found = said if isinstance(said, list) else [said]
    return next((text for one in found if (text := word(one))), None)


def header(said: object, name: str) -> str | None:
    """A header's first value, whatever case its name is written in."""
    if not isinstance(said, Mapping):
        return None
    for key, value in said.items():
        if key.lower().replace("_", "-") == name:
            return first(value.get("headers") if isinstance(value, Mapping) else value)
    return None


def under(domain: str, said: Iterable[str]) -> tuple[str, ...]:
    """The names that are a domain or lie below it."""
    return tuple(one for one in said if one.removeprefix("*.") == domain or one.endswith(f".{domain}"))


def plain(said: Mapping[str, object], ip: str, tag: str = "", last_seen: int | None = None) -> list[Service]:
    """One service for each port of a summary that does not say which port its CPEs and CVEs belong to:
    ``ports``, ``cpes``, ``vulns``, ``tags``, ``hostnames``; every service is given them all.
    """
    found = {name: _list(said.get(name)) for name in ("ports", "cpes", "vulns", "tags", "hostnames")}
    marks = tags([*found["tags"], *([tag] if tag and found["vulns"] else [])])
    return [
        Service(
            ip=ip,
            port=one,
            cpes=cpes(found["cpes"]),
            cves=cves(found["vulns"]),
            tags=marks,
            hostnames=names(found["hostnames"]),
            last_seen=last_seen,
        )
        for one in sorted({one for one in map(port, found["ports"]) if one is not None})
    ]


def _list(said: object) -> list[object]:
    return said if isinstance(said, list) else list(said) if isinstance(said, dict) else []


def once(said: Iterable[Service]) -> list[Service]:
    """Each address and port once: what was seen last counts, lists of names and numbers are united."""
    found: dict[str, Service] = {}
    for one in said:
        other = found.get(one.key)
        if other is None:
            found[one.key] = one
            continue
        newer, older = (one, other) if (one.last_seen or 0) > (other.last_seen or 0) else (other, one)
        found[one.key] = replace(
            newer,
            cpes=_both(newer.cpes, older.cpes),
            cves=_both(newer.cves, older.cves),
            tags=_both(newer.tags, older.tags),
            hostnames=_both(newer.hostnames, older.hostnames),
            tls_versions=_both(newer.tls_versions, older.tls_versions),
            certificate_names=_both(newer.certificate_names, older.certificate_names),
        )
    return list(found.values())


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return one if not set(other) - set(one) else tuple(sorted({*one, *other}))


def refused(database: str, reason: object, next_step: str = "check the key and the plan") -> ReadError:
    """An error that a provider tells inside an answer."""
    return ReadError(f"{database} refused: {safe(str(reason))[:200]}", database, next_step)


def ip_of(*said: object) -> str | None:
    """The first of these that is an address."""
    for one in said:
        found = spelt(one) if isinstance(one, str) else None
        if found and (":" in found or found.replace(".", "").isdecimal()):
            return found
    return None
