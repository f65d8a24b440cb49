"""Assets in; out, for any target, whether it is ours and by which assets, in microseconds among a million."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from glasshouse.know.inventory_prefixes import Prefixes, file
from glasshouse.know.parse_assets import certificate
from glasshouse.known import Asset
from glasshouse.records import Target

MOST = 1000  # assets that are named for one target: a network that was asked for may hold many of ours
Filed = dict[str, Asset | tuple[Asset, ...]]


class Inventory:
    """What we own. Answers as ``watch.targets.Own`` does, and says by which assets.

    A domain covers the names below it, label by label; a host name covers only itself; a network every
    address in it. Values are expected in the spelling of ``records.Target``.
    """

    def __init__(self, assets: Iterable[Asset] = ()) -> None:
        self._domains: Filed = {}
        self._hosts: Filed = {}
        self._emails: Filed = {}
        self._asns: Filed = {}
        self._certificates: Filed = {}
        self._organisations: Filed = {}  # by their words
        self._longest: dict[str, int] = {}  # first word of an organisation: most words of those names
        self._prefixes = Prefixes()
        for asset in assets:
            self._add(asset)

    def __bool__(self) -> bool:
        every = (self._domains, self._hosts, self._emails, self._asns, self._certificates)
        return any(every) or bool(self._organisations) or bool(self._prefixes)

    def _add(self, asset: Asset) -> None:
        kind, value = asset.type, asset.value
        if kind == "hostname":
            file(self._hosts, value, asset)
        elif kind == "domain":
            file(self._domains, value, asset)
        elif kind in ("ip", "cidr"):
            self._prefixes.add(asset)
        elif kind == "email":
            file(self._emails, value.lower().removeprefix("@"), asset)
        elif kind == "asn":
            file(self._asns, value, asset)
        elif kind == "certificate":
            file(self._certificates, certificate(value), asset)
        elif kind == "organisation" and (words := _words(value)):
            file(self._organisations, " ".join(words), asset)
            self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))

    def assets_of(self, target: Target) -> tuple[Asset, ...]:
        """The assets that make a target ours, most specific first, at most 1,000; empty when none does."""
        return tuple(islice(self._found(target), MOST))

    def weighed(self, target: Target) -> tuple[tuple[Asset, ...], bool | None]:
        """``assets_of`` and ``about_us`` in one go."""
        found = self.assets_of(target)
        return found, True if found else False if self._knows(target) else None

    def about_us(self, target: Target) -> bool | None:
        """Whether a target is ours; None for expressions, and where nothing of its kind is known."""
        if next(self._found(target), None) is not None:
            return True
        return False if self._knows(target) else None

    def mark(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets, each once, with ``about_us`` filled in."""
        return tuple(Target(one.type, one.value, self.about_us(one)) for one in dict.fromkeys(targets))

    def holds(self, address: str) -> bool:
        """Whether an address or network overlaps with ours."""
        return next(self._prefixes.found(address), None) is not None

    def _knows(self, target: Target) -> bool:
        """Whether anything of the target's kind is in the inventory, so that not found means not ours."""
        kind, names = target.type, bool(self._domains or self._hosts)
        if kind in ("domain", "hostname"):
            return names
        if kind == "email":
            return names or bool(self._emails)
        if kind in ("ip", "cidr"):
            return bool(self._prefixes)
        if kind == "certificate":
            return bool(self._certificates) or (names and _is_name(target.value))
        every = {"asn": self._asns, "organisation": self._organisations}
        return bool(every.get(kind))

    def _found(self, target: Target) -> Iterator[Asset]:
        kind, value = target.type, target.value
        if kind in ("domain", "hostname"):
            return self._names(value)
        if kind in ("ip", "cidr"):
            return self._prefixes.found(value)
        if kind == "email":
            return self._email(value.lower())
        if kind == "asn":
            return _at(self._asns, value)
        if kind == "certificate":
            return self._certificate(value)
        return self._named(_words(value)) if kind == "organisation" else iter(())

    def _names(self, name: str) -> Iterator[Asset]:
        yield from _at(self._hosts, name)
        domains = self._domains
        while name:
            if name in domains:
                yield from _at(domains, name)
            name = name.partition(".")[2]

    def _email(self, address: str) -> Iterator[Asset]:
        host = address.rpartition("@")[2]
        for value in dict.fromkeys((address, host)):
            yield from _at(self._emails, value)
        yield from self._names(host)

    def _certificate(self, value: str) -> Iterator[Asset]:
        spelt = certificate(value)
        yield from _at(self._certificates, spelt)
        if _is_name(spelt):
            yield from self._names(spelt)

    def _named(self, words: Sequence[str]) -> Iterator[Asset]:
        """Organisations whose words stand side by side in a text, the longest name first."""
        hits = {
            name: None
            for start, word in enumerate(words)
            for end in range(start + 1, min(start + self._longest.get(word, 0), len(words)) + 1)
            if (name := " ".join(words[start:end])) in self._organisations
        }
        for name in sorted(hits, key=lambda each: (-each.count(" "), each)):
            yield from _at(self._organisations, name)


def _at(index: Filed, key: str) -> Iterator[Asset]:
    filed = index.get(key)
    if filed is None:
        return iter(())
    return iter((filed,) if isinstance(filed, Asset) else filed)


def _is_name(value: str) -> bool:
    return "." in value and not value.isdecimal()


def _words(text: str) -> list[str]:
    return re.sub(r"[^\w]+", " ", text.casefold()).split()
