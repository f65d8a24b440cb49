"""Names and URLs as logged in, one normal form out; secrets out of sight (see redact.py)."""

from __future__ import annotations

import ipaddress
import re
import string
from typing import NamedTuple

from glasshouse.safe import safe
from glasshouse.watch.redact import Fingerprinter, redact

__all__ = ["Fingerprinter", "Url", "address_of", "host_of", "redact", "safe", "split_url"]

LONGEST = 65536
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r":\d{0,5}$")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://")


class Url(NamedTuple):
    """The parts of a URL as logged: nothing decoded, the host not yet normalised."""

    scheme: str
    userinfo: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str
    raw: str


def host_of(name: str | None) -> str | None:
    """The normal form of a host name or address; None for what is neither.

    Small ASCII letters, no trailing dot, port or brackets. Labels with other letters become punycode without
    compatibility mapping: a name made of look-alike letters never turns into the plain name.
    """
    if not name or len(name) > 1024:
        return None
    name = name.strip(" ")
    if name.startswith("["):
        return _address(name[1:].partition("]")[0])
    if name.count(":") > 1:
        return _address(name)
    name = _PORT.sub("", name).translate(_LOWER).removesuffix(".")
    labels = [_label(label) for label in name.split(".")]
    if not all(labels):
        return None
    host = ".".join(label for label in labels if label)
    return host if len(host) <= 253 else None


def address_of(text: str | None) -> str | None:
    """An IP address in its one short form (RFC 5952), IPv4 inside IPv6 unwrapped; other text as it is."""
    if not text:
        return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(inner or address)


def _label(label: str) -> str | None:
    if not label.isascii():
        if any(character.isspace() or not character.isprintable() for character in label):
            return None
        try:
            label = "xn--" + label.encode("punycode").decode("ascii")
        except UnicodeError:
            return None
    return label if _LABEL.fullmatch(label) else None


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def split_url(text: str, named: bool = False) -> Url:
    """The parts of a URL; never fails. ``named``: the host is known, so ``a/b`` is a path and not a host."""
    text = text.strip()[:LONGEST]
    scheme = _SCHEME.match(text)
    rest, fragment = _cut(text[scheme.end() :] if scheme else text.removeprefix("//"), "#")
    authority, path = "", rest
    if scheme or text.startswith("//") or not (named or text.startswith(("/", "?", "*"))):
        end = re.search(r"[/?\\]", rest)
        authority, path = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    path, query = _cut(path, "?")
    userinfo, _, hostport = authority.rpartition("@")
    port = re.search(r":(\d{1,5})$", hostport)
    name = scheme.group(1).lower() if scheme else ""
    number = int(port.group(1)) if port else None
    host = hostport[: port.start()] if port else hostport
    return Url(name, userinfo, host, number, path, query, fragment, text)


def _cut(text: str, at: str) -> tuple[str, str]:
    before, _, after = text.partition(at)
    return before, after
