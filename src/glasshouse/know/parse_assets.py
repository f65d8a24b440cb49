"""Toolbox of inventory loaders: values as people and clouds write them in, assets in one spelling out.

Values are spelled as in ``records.Target``: small letters, punycode (RFC 5891, without the mappings of
IDNA 2003 that turn one name into another), no trailing dot; addresses after RFC 5952.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple, NoReturn

from publicsuffixlist import PublicSuffixList

from glasshouse import parse
from glasshouse.known import Asset, Criticality
from glasshouse.records import TargetType, Trouble

LONGEST, LONGEST_NAME = 256, 253
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]{{2,59}}|[a-z][a-z0-9-]{{0,61}}[a-z0-9])")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_ASN = re.compile(r"(?:asn?[ :]?)?(\d{1,10})", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}", re.ASCII)
_FINGERPRINT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
_SUBJECT = re.compile(r"(?:^|[,/;]\s*)cn\s*=\s*([^,/;]+)")
_KINDS: dict[str, TargetType] = {
    **dict.fromkeys(("domain", "domains", "zone", "dns zone"), "domain"),
    **dict.fromkeys(("hostname", "hostnames", "host", "host name", "fqdn", "dns name", "name"), "hostname"),
    **dict.fromkeys(("ip", "ips", "address", "addresses", "ip address", "ipv4", "ipv6", "public ip"), "ip"),
    **dict.fromkeys(("ipv4 address", "ipv6 address", "public ip address", "ip addresses"), "ip"),
    **dict.fromkeys(("cidr", "network", "networks", "subnet", "prefix", "net", "netblock"), "cidr"),
    **dict.fromkeys(("asn", "asns", "as", "as number", "autonomous system"), "asn"),
    **dict.fromkeys(("certificate", "certificates", "cert", "fingerprint", "thumbprint"), "certificate"),
    **dict.fromkeys(("organisation", "organisations", "organization", "organizations"), "organisation"),
    **dict.fromkeys(("org", "company", "legal entity"), "organisation"),
    **dict.fromkeys(("email", "emails", "e mail", "mail", "email domain", "e mail domain"), "email"),
}
_CRITICALITY: dict[str, Criticality] = {
    **dict.fromkeys(("low", "minor", "not critical", "4 not critical", "4"), "low"),
    **dict.fromkeys(
        ("medium", "moderate", "normal", "med", "less critical", "3 less critical", "3"), "medium"
    ),
    **dict.fromkeys(("high", "important", "somewhat critical", "2 somewhat critical", "2"), "high"),
    **dict.fromkeys(("critical", "very high", "crit", "most critical", "1 most critical", "1"), "critical"),
}
_PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.168.0.0/16", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8"),
    )
)


class About(NamedTuple):
    """What goes with a value: whose it is, where it runs, how much it matters."""

    owner: str | None = None
    environment: str | None = None
    criticality: Criticality | None = None


class Unfit(ValueError):
    """A value that is not what it should be; the message says why, the second argument what to do."""

    def __init__(self, reason: str, next_step: str = "") -> None:
        super().__init__(reason)
        self.next_step = next_step


NOTHING = About()


def asset(kind: TargetType, said: str, about: About = NOTHING, origin: str = "") -> Asset:
    """One asset from a value of a kind; raises Unfit. Names with ``*.`` before them are domains."""
    found = _SPELL[kind](said)
    if isinstance(found, tuple):
        kind, found = found
    return Asset(
        type=kind,
        value=found,
        owner=about.owner,
        environment=about.environment,
        criticality=about.criticality,
        origin=origin,
    )


@lru_cache(maxsize=256)
def kind_of(word: str) -> TargetType | None:
    """The kind of asset that a column, a key or a cell names, as people write it."""
    return _KINDS.get(plain(word))


def guess(said: str) -> TargetType | None:
    """The kind of a value by its form; a registrable name is a domain, a name below one a host name.

    Several words are an organisation; one word without a dot may be anything, so it is nothing.
    """
    text = said.strip()
    if "@" in text:
        return "email"
    if parse.address(text):
        return "ip"
    if "/" in text and parse.network(text):
        return "cidr"
    if re.fullmatch(r"(?i)asn?[ :]?\d+", text):
        return "asn"
    if _FINGERPRINT.fullmatch(text.replace(":", "").lower()):
        return "certificate"
    spelt = name(text)
    if spelt is None:
        return "organisation" if " " in text else None
    return "domain" if text.startswith("*.") or _registrable(spelt) == spelt else "hostname"


@lru_cache(maxsize=4096)
def about(owner: str, environment: str, criticality: str) -> About:
    """What goes with a value, from cells; a criticality that is no known word is left out."""
    return About(owner.strip() or None, environment.strip() or None, critical(criticality))


def critical(said: str) -> Criticality | None:
    """How much something matters, from the words people use; ServiceNow's ``1 - most critical`` too."""
    return _CRITICALITY.get(plain(said))


def plain(word: str) -> str:
    """A word for comparing: small letters, single spaces for whatever stands between."""
    return " ".join(re.sub(r"[^\w]+|_+", " ", word.lower()).split())


def entry(kind: TargetType, said: str, of: About, file: str, line: int) -> Asset | Trouble:
    """The asset of one entry of a file, or the trouble with it."""
    try:
        return asset(kind, said, of, f"{file}:{line}")
    except Unfit as problem:
        return Trouble(file, line, str(problem), problem.next_step)


def name(said: str) -> str | None:
    """A name of at least two labels, in small letters and punycode; None when it is none."""
    if _NAME.fullmatch(said) and len(said) <= LONGEST_NAME:
        return said  # most are spelled well already
    text = said.strip().removesuffix(".").lower().removeprefix("*.")
    if not text.isascii():
        try:
            labels = _DOTS.sub(".", unicodedata.normalize("NFC", text)).split(".")
            text = ".".join(
                each if each.isascii() else "xn--" + each.encode("punycode").decode() for each in labels
            )
        except UnicodeError:
            return None
    return text if _NAME.fullmatch(text) and len(text) <= LONGEST_NAME else None


def public(address: str) -> bool:
    """Whether an address or network can be met on the internet; reserved for documents counts as such."""
    network = ipaddress.ip_network(address)
    return not any(each.version == network.version and each.overlaps(network) for each in _PRIVATE)


def certificate(said: str) -> str:
    """A fingerprint or serial number without colons and leading zeros, or the name a certificate is for."""
    text = said.strip().lower()
    text = re.sub(r"^(?:0x|sha-?(?:1|256)(?: fingerprint)?[:=]\s*)", "", text)
    digits = re.sub(r"[: ]", "", text)
    if re.fullmatch(r"[0-9a-f]{4,64}", digits):
        return digits if _FINGERPRINT.fullmatch(digits) else digits.lstrip("0")
    subject = _SUBJECT.search(text)
    text = subject[1].strip() if subject else text
    return name(text) or text[:LONGEST]


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def _registrable(spelt: str) -> str:
    return _suffixes().privatesuffix(spelt) or ".".join(spelt.split(".")[-2:])


def _unfit(reason: str, next_step: str = "") -> NoReturn:
    raise Unfit(reason, next_step)


def _domain(said: str) -> str:
    spelt = name(said) or _unfit("not a domain name", "write it like example.com")
    if _suffixes().publicsuffix(spelt) == spelt:
        _unfit("a public suffix: it would claim everybody's names", "list the names below it")
    return spelt


def _hostname(said: str) -> str | tuple[TargetType, str]:
    if said.lstrip().startswith("*."):
        return "domain", _domain(said)
    return name(said) or _unfit("not a host name", "write it like www.example.com")


def _network(said: str) -> str | tuple[TargetType, str]:
    text = said.strip()
    if "/" not in text:
        return "ip", _one(text)
    spelt = parse.network(text) or _unfit("not a network", "write it like 192.0.2.0/24; split ranges")
    base, _, length = spelt.partition("/")
    if length == "0":
        _unfit("covers every address", "list the networks that are yours")
    return ("ip", base) if length == ("128" if ":" in base else "32") else spelt


def _ip(said: str) -> str | tuple[TargetType, str]:
    if "/" not in said:
        return _one(said)
    found = _network(said)
    return found if isinstance(found, tuple) else ("cidr", found)


def _one(said: str) -> str:
    spelt = parse.address(said) or _unfit("not an address", "write it like 192.0.2.1")
    if spelt.startswith("::ffff:"):
        inner = ipaddress.IPv6Address(spelt).ipv4_mapped
        return str(inner) if inner else spelt
    return spelt


def _asn(said: str) -> str:
    match = _ASN.fullmatch(said.strip())
    if match is None or not 0 < int(match[1]) <= 0xFFFFFFFF:
        _unfit("not an AS number", "write it like AS64500")
    return f"AS{int(match[1])}"


def _email(said: str) -> str:
    local, _, host = said.strip().lower().rpartition("@")
    spelt = name(host)
    if spelt is None or (local and not _EMAIL.fullmatch(local)):
        _unfit("not an e-mail address or domain", "write it like abuse@example.com or example.com")
    return f"{local}@{spelt}" if local else spelt


def _certificate(said: str) -> str:
    return certificate(said) or _unfit("not a certificate", "give a fingerprint, serial number or name")


def _organisation(said: str) -> str:
    text = " ".join(said.split())[:LONGEST]
    return text if re.search(r"\w", text) else _unfit("not a name", "write it like Example Ltd")


_SPELL: dict[TargetType, Callable[[str], str | tuple[TargetType, str]]] = {
    "domain": _domain,
    "hostname": _hostname,
    "ip": _ip,
    "cidr": _network,
    "asn": _asn,
    "email": _email,
    "certificate": _certificate,
    "organisation": _organisation,
}
