"""Toolbox of loaders: an account as a log or a list spells it in; its bare name and its domains out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_REALMS = frozenset({"azuread", "microsoftaccount"})  # before ``user@domain`` they say how, not where
_PART = re.compile(r"(?:^|[,/])\s*dc\s*=\s*([^,/]+)", re.IGNORECASE)


class Spelling(NamedTuple):
    """One account: ``bare`` and lower case; ``domains`` as stated, without trailing dots."""

    bare: str
    domains: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """One spelling for each account: ``u``, ``u@other.test``, ``ws-2\\u``; what it gives, it takes."""
        if not self.domains:
            return self.bare
        first, last = self.domains[0], self.domains[-1]
        if len(self.domains) > 1:
            return f"{first}\\{self.bare}@{last}"
        return f"{self.bare}@{first}" if "." in first and first != "." else f"{first}\\{self.bare}"


def parted(said: str) -> Spelling | None:
    """The parts of ``DOMAIN\\\\user``, ``user@domain`` or both; None when no name is in it."""
    before, _, rest = said.strip().rpartition("\\")
    name, _, realm = rest.partition("@")
    bare = name.strip().lower()
    if not bare:
        return None
    before, realm = _domain(before.rstrip("\\").rpartition("\\")[2]), _domain(realm)
    if realm and before in _REALMS:
        before = ""
    return Spelling(bare, tuple(dict.fromkeys(one for one in (before, realm) if one)))


def spelled(said: str) -> str | None:
    """An account with the domain it states, in one spelling: ``other.test\\\\u`` is ``u@other.test``."""
    found = parted(said)
    return found.whole if found else None


def stated(said: Iterable[str], names: Iterable[str] = ()) -> tuple[str, ...]:
    """The domains that spellings of an account state, and those of its distinguished names (RFC 2247)."""
    found = (one for text in said for one in (parted(text) or Spelling("")).domains)
    return tuple(dict.fromkeys((*found, *(domain for name in names if (domain := _of_name(name))))))


def _domain(said: str) -> str:
    text = said.strip().lower()
    return text if text == "." else text.rstrip(". ")  # ``.\user`` is an account of the machine itself


def _of_name(name: str) -> str:
    return ".".join(part.strip().lower() for part in _PART.findall(name))
