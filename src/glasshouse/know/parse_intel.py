"""Toolbox of threat intelligence loaders: one value as a feed writes it in, a typed Indicator value out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from glasshouse import parse
from glasshouse.known import IndicatorType

LONGEST = 2_048  # characters of one value
LABELS = 20  # of one indicator
_HASH = re.compile(r"[0-9a-f]+")
_HASH_LENGTHS = {32, 40, 64, 96, 128}  # MD5, SHA-1, SHA-256, SHA-384, SHA-512
_EMAIL = re.compile(r"[^\s@\"<>]{1,64}@([^\s@\"<>]{1,253})")
_URL = re.compile(r"(?i)[a-z][a-z0-9+.-]{1,15}://[^\s\"<>]+")
_PORT = re.compile(r"^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d{1,5})$")
_DOTS = re.compile(r"\s?[\[({<]\s?(?:\.|dot)\s?[\])}>]\s?", re.IGNORECASE)
_ATS = re.compile(r"\s?[\[({<]\s?(?:@|at)\s?[\])}>]\s?", re.IGNORECASE)
_COLONS = re.compile(r"[\[({<](:(?://)?)[\])}>]")
_ARMED = re.compile(r"(?i)[\[\](){}<>\\*]|^\s*(?:h(?:xx|tt)p|fxp|ftp)")
_NUMERIC = re.compile(r"[0-9a-fA-F:.]+(?:%[^\s/]+)?(?:/\d{1,3})?")
_SCHEME = re.compile(r"^(?i:h(?:xx|tt|\*\*)p(s?)|(fxp|ftp))(?=:/?/)")

Read = tuple[IndicatorType, str]


def refanged(said: str) -> str:
    """A value written so that nobody clicks it (``hxxps://evil[.]example``) in its plain form."""
    if not _ARMED.search(said):
        return said.strip()
    plain = _COLONS.sub(r"\1", _ATS.sub("@", _DOTS.sub(".", said.strip()))).replace("\\.", ".")
    return _SCHEME.sub(lambda found: "ftp" if found[2] else f"http{found[1].lower()}", plain)


def of_name(said: str) -> Read | None:
    """A domain name, which stands for every name below it; None when it is none."""
    name = parse.host_name(said)
    last = name.rpartition(".")[2] if name and "." in name else ""
    return ("domain", name) if name and any(map(str.isalpha, last)) else None


def of_address(said: str) -> Read | None:
    """An address or a network; a network of one address is that address."""
    said = said.strip()
    if not _NUMERIC.fullmatch(said):
        return None
    if found := parse.address(said):
        return "ip", found
    found = parse.network(said) if "/" in said else None
    if found is None:
        return None
    base, _, bits = found.partition("/")
    return ("ip", base) if bits == ("128" if ":" in base else "32") else ("cidr", found)


def of_url(said: str) -> Read | None:
    """A URL, scheme and host in lower case, without fragment."""
    if len(said) > LONGEST or not _URL.fullmatch(said):
        return None
    scheme, _, rest = said.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    tail = rest[len(host) :].partition("#")[0]
    return "url", f"{scheme.lower()}://{host.lower()}{tail or '/'}"


def of_email(said: str) -> Read | None:
    """An e-mail address, lower case."""
    found = _EMAIL.fullmatch(said.strip()) if "@" in said else None
    return ("email", found[0].lower()) if found and parse.host_name(found[1]) else None


def of_hash(said: str) -> Read | None:
    """A digest in hexadecimal, lower case: of a file, or the fingerprint of a certificate."""
    digits = said.strip().replace(":", "").lower()
    return ("hash", digits) if len(digits) in _HASH_LENGTHS and _HASH.fullmatch(digits) else None


def of_tool(said: str) -> Read | None:
    """The name of a tool or malware: lower case, spaces as dashes, without ``.exe``."""
    name = re.sub(r"[\s_]+", "-", said.strip().lower()).rpartition("\\")[2].rpartition("/")[2]
    name = name.removesuffix(".exe")
    return ("tool", name) if 1 < len(name) <= 100 else None


def of_account(said: str) -> Read | None:
    """A bare account name, lower case."""
    name = parse.account(said)
    return ("account", name) if name and len(name) <= 256 else None


def of_host_and_port(said: str) -> Read | None:
    """An address or name, with or without port."""
    found = _PORT.match(said.strip())
    plain = (found[1] or found[2]) if found else said
    return of_address(plain) or of_name(plain)


def guessed(said: str) -> Read | None:
    """A value of any kind whose form leaves no doubt; None otherwise."""
    plain = refanged(said)
    if len(plain) > LONGEST or any(character.isspace() for character in plain):
        return None
    for reader in (of_address, of_hash, of_url, of_email, of_host_and_port):
        if found := reader(plain):
            return found
    return None


def words(said: object, most: int = LABELS) -> tuple[str, ...]:
    """The texts of a list, each once, cut to a bearable length and number."""
    found = said if isinstance(said, list) else []
    return tuple(dict.fromkeys(one.strip()[:100] for one in found if isinstance(one, str) and one.strip()))[
        :most
    ]


def string(tree: Mapping[str, object], key: str, most: int = 200) -> str:
    """The text under a key, cut; empty when there is none."""
    value = tree.get(key)
    return value.strip()[:most] if isinstance(value, str) else ""


def confidence(said: object) -> int | None:
    """A confidence from 0 to 100; None where none is said or it lies outside."""
    if isinstance(said, str) and said.strip().isascii() and said.strip().isdigit():
        said = int(said.strip()[:9])
    right = isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= 100
    return said if right and isinstance(said, int) else None
