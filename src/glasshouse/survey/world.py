"""One snapshot's observations in, indexed once; what any check wants to know of it out."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from typing import TypeVar, cast

from publicsuffixlist import PublicSuffixList

from glasshouse import parse
from glasshouse.findings import Judged, Tie
from glasshouse.known import Asset
from glasshouse.observed import (
    Certificate,
    DnsRecord,
    Fact,
    Observation,
    Range,
    Registration,
    Resolution,
    Service,
    Vulnerability,
)
from glasshouse.settings import Policy

_F = TypeVar("_F", bound=Fact)
_T = TypeVar("_T")
_SUFFIXES = PublicSuffixList(accept_unknown=True)


@lru_cache(maxsize=200_000)
def registrable(name: str) -> str | None:
    """The domain that was registered: ``a.b.example.co.uk`` is ``example.co.uk``; None for a suffix."""
    return _SUFFIXES.privatesuffix(name.removeprefix("*."))


def covers(pattern: str, name: str) -> bool:
    """Whether a certificate's name covers a host name (RFC 6125: ``*`` stands for one label)."""
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:] and bool(name.partition(".")[0])
    return pattern == name


class World:
    """Everything a check may look at. Observations stand as the databases gave them, several of one thing."""

    def __init__(
        self,
        seen: Iterable[Observation[Fact]],
        now: int,
        assets: Sequence[Asset] = (),
        owned: Callable[[str], Asset | None] = lambda _value: None,
        policy: Policy = Policy(),  # noqa: B008 -- frozen
        changes: Sequence[Judged] = (),
        asked: Container[tuple[str, str]] = frozenset(),
        ties: Sequence[Tie] = (),
    ) -> None:
        """``owned`` says which asset makes a name or address ours; ``asked`` holds collector and subject
        of everything that was answered completely, so that "there is none" can be told from "not asked".
        """
        self.seen = tuple(seen)
        self.now, self.assets, self.owned, self.policy = now, tuple(assets), owned, policy
        self._kept: dict[str, object] = {}
        self.changes, self.asked, self.ties = tuple(changes), asked, tuple(ties)

    def of(self, kind: type[_F]) -> Iterator[Observation[_F]]:
        """All observations of one kind of fact."""
        for one in self.seen:
            if isinstance(one.fact, kind):
                yield cast("Observation[_F]", one)

    @cached_property
    def _records(self) -> dict[str, list[Observation[DnsRecord]]]:
        return _by(self.of(DnsRecord), lambda fact: (fact.name,))

    @cached_property
    def _pointing(self) -> dict[str, list[Observation[DnsRecord]]]:
        return _by(self.of(DnsRecord), lambda fact: (fact.data.rpartition(" ")[2],))

    @cached_property
    def _resolutions(self) -> dict[str, list[Observation[Resolution]]]:
        return _by(self.of(Resolution), lambda fact: (fact.name,))

    @cached_property
    def _registrations(self) -> dict[str, list[Observation[Registration]]]:
        return _by(self.of(Registration), lambda fact: (fact.name,))

    @cached_property
    def _certificates(self) -> dict[str, list[Observation[Certificate]]]:
        return _by(self.of(Certificate), lambda fact: fact.names)

    @cached_property
    def _serials(self) -> dict[str, list[Observation[Certificate]]]:
        return _by(self.of(Certificate), lambda fact: (fact.serial,))

    @cached_property
    def _services(self) -> dict[str, list[Observation[Service]]]:
        return _by(self.of(Service), lambda fact: (fact.ip,))

    @cached_property
    def _vulnerabilities(self) -> dict[str, Vulnerability]:
        """Each CVE once, with what all lists say of it."""
        found: dict[str, Vulnerability] = {}
        for one in self.of(Vulnerability):
            fact, had = one.fact, found.get(one.fact.cve)
            found[fact.cve] = fact if had is None else _both(had, fact)
        return found

    @cached_property
    def _prefixes(self) -> dict[tuple[int, int], dict[int, list[Range]]]:
        """Ranges by version and length of the prefix, longest first, then by network."""
        found: dict[tuple[int, int], dict[int, list[Range]]] = defaultdict(lambda: defaultdict(list))
        for one in self.of(Range):
            network = ipaddress.ip_network(one.fact.cidr)
            bits = network.max_prefixlen - network.prefixlen
            found[network.version, bits][int(network.network_address) >> bits].append(one.fact)
        return dict(sorted(found.items()))

    @cached_property
    def _judged(self) -> dict[str, list[Judged]]:
        found: dict[str, list[Judged]] = defaultdict(list)
        for one in self.changes:
            found[one.shift.key].append(one)
        return found

    def records(self, name: str, *types: str, live: bool | None = None) -> list[Observation[DnsRecord]]:
        """DNS records of a name, of these types; ``live``: only what name servers say now, or the others."""
        return [
            one
            for one in self._records.get(name, ())
            if (not types or one.fact.type in types) and (live is None or one.fact.live is live)
        ]

    def pointing(self, value: str, *types: str) -> list[Observation[DnsRecord]]:
        """DNS records whose data is, or ends with, a name or address."""
        return [one for one in self._pointing.get(value, ()) if not types or one.fact.type in types]

    def resolutions(self, name: str, *types: str) -> list[Observation[Resolution]]:
        """How name servers answered questions about a name."""
        return [one for one in self._resolutions.get(name, ()) if not types or one.fact.type in types]

    def registrations(self, name: str) -> list[Observation[Registration]]:
        """What registries say of a domain, block (first CIDR) or AS."""
        return list(self._registrations.get(name, ()))

    def certificates(self, name: str) -> list[Observation[Certificate]]:
        """Certificates that name a host, exactly or by a wildcard."""
        parent = f"*.{name.partition('.')[2]}"
        return [*self._certificates.get(name, ()), *self._certificates.get(parent, ())]

    def issuances(self, serial: str) -> list[Observation[Certificate]]:
        """Certificates with a serial."""
        return list(self._serials.get(serial, ()))

    def services(self, ip: str) -> list[Observation[Service]]:
        """Open ports of an address."""
        return list(self._services.get(ip, ()))

    def vulnerability(self, cve: str) -> Vulnerability | None:
        """What the lists say of a CVE; None: they do not name it, or there is no list."""
        return self._vulnerabilities.get(cve)

    def provider(self, ip: str, *roles: str) -> Range | None:
        """The narrowest published range that holds an address."""
        address = parse.ip(ip)
        if address is None or not self._prefixes:
            return None
        number = int(address)
        for (version, bits), networks in self._prefixes.items():
            if version == address.version:
                for found in networks.get(number >> bits, ()):
                    if not roles or found.role in roles:
                        return found
        return None

    def judged(self, key: str) -> list[Judged]:
        """Changes of a thing since the snapshot before."""
        return list(self._judged.get(key, ()))

    def memo(self, name: str, build: Callable[[World], _T]) -> _T:
        """What a check builds once for all things it looks at; ``name`` is the check's own."""
        if name not in self._kept:
            self._kept[name] = build(self)
        return cast("_T", self._kept[name])

    def was_asked(self, collector: str, value: str) -> bool:
        """Whether a collector answered completely about a subject: only then nothing found means none."""
        return (collector, value) in self.asked


def _by(
    seen: Iterable[Observation[_F]], keys: Callable[[_F], Iterable[str]]
) -> dict[str, list[Observation[_F]]]:
    found: dict[str, list[Observation[_F]]] = defaultdict(list)
    for one in seen:
        for key in keys(one.fact):
            found[key].append(one)
    return found


def _both(a: Vulnerability, b: Vulnerability) -> Vulnerability:
    """One CVE as two lists know it."""
    return Vulnerability(
        cve=a.cve,
        exploited=a.exploited or b.exploited,
        added=a.added or b.added,
        due=a.due or b.due,
        ransomware=a.ransomware if a.ransomware is not None else b.ransomware,
        epss=a.epss if a.epss is not None else b.epss,
        percentile=a.percentile if a.percentile is not None else b.percentile,
        as_of=" ".join(filter(None, (a.as_of, b.as_of))) or None,
    )
