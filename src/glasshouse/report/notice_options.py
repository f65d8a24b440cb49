"""Toolbox of senders: a channel's options in; out, each checked and in the form a message needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from glasshouse.errors import ConfigError

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_HOST = re.compile(r"(?!-)[A-Za-z0-9._:-]{1,253}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
Word = TypeVar("Word", bound=str)


def required(options: Mapping[str, str], name: str, where: str) -> str:
    """The value of an option that must be said."""
    value = options.get(name, "").strip()
    if not value:
        raise ConfigError(f"{name} is missing", where, f"set {name} of the channel")
    return value


def word(options: Mapping[str, str], name: str, words: tuple[Word, ...], where: str) -> Word:
    """One of several words, the first when nothing is said."""
    value = options.get(name, "").strip().lower() or words[0]
    if value not in words:
        raise ConfigError(f"{name} is {value!r}", where, f"one of: {', '.join(words)}")
    return value


def number(options: Mapping[str, str], name: str, default: int, most: int, where: str) -> int:
    """A whole number from 0 to ``most``."""
    value = options.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 8 and int(value) <= most):
        raise ConfigError(f"{name} is {value[:20]!r}, not a number up to {most}", where)
    return int(value)


def host(options: Mapping[str, str], where: str) -> str:
    """The name or address of a server."""
    value = required(options, "host", where).strip("[]")
    if not _HOST.fullmatch(value):
        raise ConfigError("host is neither a name nor an address", where, "host = mail.example.com")
    return value


def addresses(options: Mapping[str, str], name: str, where: str) -> tuple[str, ...]:
    """E-mail addresses parted by commas; bare ones, so that no name can break out of a header."""
    found = tuple(part.strip() for part in required(options, name, where).split(",") if part.strip())
    for one in found:
        if not _ADDRESS.fullmatch(one):
            raise ConfigError(f"{name} holds {one[:60]!r}, no e-mail address", where, "soc@example.com")
    return tuple(dict.fromkeys(found))


def web_address(options: Mapping[str, str], where: str) -> str:
    """An https address, or plain http on this machine. Not repeated in errors: it may hold a token."""
    value = required(options, "url", where)
    try:
        parts = urlsplit(value)
        name, _ = parts.hostname, parts.port
    except ValueError:
        name, parts = None, urlsplit("")
    if not name or parts.scheme not in ("https", "http") or not value.isprintable() or " " in value:
        raise ConfigError("url is no https address", where, "url = https://…")
    if parts.scheme == "http" and name not in LOOPBACK:
        raise ConfigError("url is plain http, which anybody on the way can read", where, "use https")
    if parts.username or parts.password:
        raise ConfigError("url holds a password", where, "use the option authorization")
    return value


def header(options: Mapping[str, str], name: str, where: str) -> str:
    """A value fit for a header: printable ASCII; empty when nothing is said."""
    value = options.get(name, "")
    if not (value.isascii() and value.isprintable()):
        raise ConfigError(f"{name} holds characters no header may have", where)
    return value


Security = Literal["starttls", "tls", "none"]
Transport = Literal["tls", "tcp", "udp"]
