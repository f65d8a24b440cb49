"""One value from a request in, a typed Target out: address, network, AS number, e-mail, name ..."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from functools import cache, lru_cache
from urllib.parse import unquote

from publicsuffixlist import PublicSuffixList

from glasshouse.records import Target, TargetType
from glasshouse.watch.clean import host_of

LONGEST_EXPRESSION = 256
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@([\w.-]{1,253})", re.ASCII)
_ASN = re.compile(r"(?:ASN?[ :]?)?(\d{1,10})", re.IGNORECASE)
_HEX = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
_TLD = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}")
_FILE = re.compile(
    r"\.(?:php|html?|js|json|jsonl|css|png|jpe?g|gif|svg|ico|txt|xml|aspx?|cgi|zip|gz|py|sh|pl|md|pdf|csv|exe"
    r"|ps1|bat|log|do|jsp|rb|yml|yaml|conf|tar|bz2)$"
)
_EDGES = " \t\r\n\"'`<>(){}"


def typed(value: str, types: Collection[str]) -> Target | None:
    """The value as the first of ``types`` it fits; the order is by how narrow a type is."""
    text = value.strip(_EDGES)
    if not text or len(text) > 2048:
        return None
    for name, read in _READERS:
        if name in types and (target := read(text)):
            return target
    if "organisation" in types:
        return Target("organisation", text[:LONGEST_EXPRESSION])
    return expression(text) if "keyword" in types else None


def guess(value: str) -> Target | None:
    """The value as a target if its form alone leaves no doubt."""
    text = value.strip(_EDGES + ".,;")
    for read in (ip, cidr, email, url):
        if target := read(text):
            return target
    if re.match(r"(?i)as\d", text):
        return asn(text)
    if _FILE.search(text.lower()) or not re.search(r"[A-Za-z]", text):
        return None
    found = domain(text)
    return found if found and _suffixes().publicsuffix(found.value) else None


def expression(text: str) -> Target:
    """A search text as it is, cut to a bearable length."""
    return Target("expression", " ".join(text.split())[:LONGEST_EXPRESSION])


def ip(text: str) -> Target | None:
    """An IPv4 or IPv6 address, also in brackets or with a port."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return Target("ip", str(ipaddress.ip_address(text)))
    except ValueError:
        return None


def cidr(text: str) -> Target | None:
    """A network such as 203.0.113.0/24."""
    address, slash, length = text.partition("/")
    if not slash or not length.isdecimal():
        return None
    try:
        network = ipaddress.ip_network((address, int(length)), strict=False)
    except ValueError:
        return None
    if network.prefixlen == network.max_prefixlen:
        return Target("ip", str(network.network_address))
    return Target("cidr", str(network))


def asn(text: str) -> Target | None:
    """An AS number, with or without AS before it."""
    match = _ASN.fullmatch(text)
    if not match or int(match.group(1)) > 0xFFFFFFFF:
        return None
    return Target("asn", f"AS{int(match.group(1))}")


def email(text: str) -> Target | None:
    """An e-mail address; its domain in small letters."""
    match = _EMAIL.fullmatch(text)
    host = host_of(match.group(1)) if match else None
    if not host or "." not in host:
        return None
    return Target("email", f"{text.rpartition('@')[0]}@{host}")


def certificate(text: str) -> Target | None:
    """A SHA-1 or SHA-256 fingerprint, or the number of a certificate at crt.sh."""
    plain = text.replace(":", "").lower()
    if _HEX.fullmatch(plain) or (plain.isdecimal() and plain.isascii() and 4 <= len(plain) <= 14):
        return Target("certificate", plain)
    return None


def url(text: str) -> Target | None:
    """The host of a URL."""
    scheme, mark, rest = text.partition("://")
    if not mark or not scheme.isalpha():
        return None
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return ip(host) or domain(host)


def domain(text: str) -> Target | None:
    """A registrable domain or a host name below one; a wildcard in front (``%.`` ``*.`` ``.``) is cut."""
    text = re.sub(r"^[%*.]+(?=\w)", "", text)
    text = re.sub(r"(?:/\*?|\.\*)$", "", text)
    host = host_of(text)
    if not host or "." not in host or not _TLD.fullmatch(host.rpartition(".")[2]):
        return None
    return Target(_kind(host), host)


def unescape(value: str) -> str:
    """The value without percent escapes, also those written twice or three times."""
    for _ in range(3):
        plain = unquote(value)
        if plain == value:
            break
        value = plain
    return value


@lru_cache(maxsize=4096)
def _kind(host: str) -> TargetType:
    registrable = _suffixes().privatesuffix(host)
    if registrable is None and _suffixes().publicsuffix(host) is None:
        registrable = ".".join(host.split(".")[-2:])
    return "domain" if registrable in (None, host) else "hostname"


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


_READERS = (
    ("ip", ip),
    ("cidr", cidr),
    ("asn", asn),
    ("email", email),
    ("certificate", certificate),
    ("domain", domain),
    ("hostname", domain),
    ("url", url),
    ("url", domain),
)
