"""The nouns of what open databases say of us, frozen and slotted: facts, and when who said them.

Collectors read them from replies, the lake keeps them, checks judge them. Times are integers,
microseconds since 1970-01-01T00:00:00Z; names are lower case, punycode, without a trailing dot. A field is
``None`` (or empty) where the database does not say: unknown is never the same as no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from glasshouse.asking import AskStatus, Subject
from glasshouse.records import Trouble

FactKind = Literal["record", "resolution", "registration", "certificate", "service", "range", "vulnerability"]


# What databases say. ``key`` names the thing, so that two times and two databases can be compared.


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """One DNS record. ``live``: a name server said so now; otherwise somebody saw it between two times."""

    name: str
    type: str  # upper case
    data: str  # presentation form; names normalised, TXT without quotes
    live: bool = False
    ttl: int | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    count: int | None = None

    @property
    def key(self) -> str:
        """Name, type and data: each record of a set stands for itself."""
        return f"{self.name} {self.type} {self.data}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """How a name server answered a question: also when there was no record."""

    name: str
    type: str
    rcode: str  # NOERROR, NXDOMAIN, SERVFAIL, REFUSED, TIMEOUT ...
    server: str = ""  # the server that was asked; empty: the chosen resolver
    answers: int = 0
    authentic: bool | None = None  # AD: validated by the resolver
    authoritative: bool | None = None  # AA: the server holds the zone

    @property
    def key(self) -> str:
        """Question and server."""
        return f"{self.name} {self.type} @{self.server}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person or role in registration data, as it stands there."""

    role: str  # registrant, administrative, technical, billing, abuse, registrar ...
    name: str | None = None
    organisation: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    country: str | None = None
    kind: str | None = None  # jCard KIND: individual, org, group


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What a registry says about a domain, address block, autonomous system or entity."""

    object: Literal["domain", "network", "asn", "entity"]
    name: str  # domain, first CIDR, "AS64500" or handle
    handle: str | None = None
    title: str | None = None  # name of a network or AS
    registrar: str | None = None
    registrar_id: str | None = None  # IANA id
    created: int | None = None
    changed: int | None = None
    expires: int | None = None
    statuses: tuple[str, ...] = ()  # EPP words in camel case (RFC 5731), sorted
    name_servers: tuple[str, ...] = ()  # sorted
    signed: bool | None = None  # DNSSEC delegation
    contacts: tuple[Contact, ...] = ()
    blocks: tuple[str, ...] = ()  # CIDRs
    country: str | None = None
    redacted: tuple[str, ...] = ()  # names of what was redacted (RFC 9537)

    @property
    def key(self) -> str:
        """Object and name."""
        return f"{self.object} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One issuance; precertificate and final certificate are the same one."""

    serial: str  # lower-case hex without leading zeros
    issuer: str  # distinguished name, RFC 4514
    names: tuple[str, ...] = ()  # DNS names and addresses, sorted; "*." kept
    common_name: str | None = None
    organisation: str | None = None
    unit: str | None = None
    emails: tuple[str, ...] = ()
    not_before: int | None = None
    not_after: int | None = None
    logged: int | None = None
    sha256: str | None = None
    tbs_sha256: str | None = None
    spki_sha256: str | None = None
    key_type: str | None = None  # RSA, EC, Ed25519 ...
    key_bits: int | None = None
    signature: str | None = None  # sha256WithRSAEncryption ...
    precertificate: bool | None = None
    revoked: bool | None = None

    @property
    def key(self) -> str:
        """The serial and who gave it: databases order the parts of an issuer's name in many ways."""
        return f"{self.serial} {_common_name(self.issuer)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One open port, as a scan database saw it from outside."""

    ip: str
    port: int
    transport: str = "tcp"
    protocol: str | None = None  # http, ssh, rdp, modbus ...
    product: str | None = None
    version: str | None = None
    cpes: tuple[str, ...] = ()
    cves: tuple[str, ...] = ()  # as reported; never confirmed
    tags: tuple[str, ...] = ()
    hostnames: tuple[str, ...] = ()
    banner: str | None = None  # first 2,000 characters
    title: str | None = None  # of the web page
    server: str | None = None  # Server header
    location: str | None = None  # where the page redirects
    body_sha256: str | None = None
    favicon: str | None = None  # hash as the database gives it
    fingerprint: str | None = None  # JARM or JA4S
    host_key: str | None = None  # SSH
    tls_versions: tuple[str, ...] = ()
    certificate_serial: str | None = None
    certificate_sha256: str | None = None
    certificate_names: tuple[str, ...] = ()
    self_signed: bool | None = None
    asn: str | None = None
    first_seen: int | None = None
    last_seen: int | None = None

    @property
    def key(self) -> str:
        """Address, port and transport."""
        return f"{self.ip} {self.port}/{self.transport}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Addresses a provider says are its own: reference data, nothing of ours."""

    cidr: str
    provider: str  # lower case: cloudflare, fastly, amazon ...
    role: Literal["cdn", "waf", "cloud", "scanner"]

    @property
    def key(self) -> str:
        """All of it."""
        return f"{self.provider} {self.role} {self.cidr}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """What is known of one CVE: reference data. ``epss`` and ``percentile`` are 0 to 1."""

    cve: str
    exploited: bool = False  # in CISA's catalogue of known exploited vulnerabilities
    added: int | None = None
    due: int | None = None
    ransomware: bool | None = None
    epss: float | None = None
    percentile: float | None = None
    as_of: str | None = None  # version or date of the list

    @property
    def key(self) -> str:
        """The CVE."""
        return self.cve


_COMMON_NAME = re.compile(r"(?:^|,\s*|/)CN\s?=\s?((?:[^,/\\]|\\.)+)", re.IGNORECASE)


def _common_name(issuer: str) -> str:
    found = _COMMON_NAME.search(issuer)
    return (found[1] if found else issuer).strip().casefold()


Fact = DnsRecord | Resolution | Registration | Certificate | Service | Range | Vulnerability
KINDS: dict[FactKind, type] = {
    "record": DnsRecord,
    "resolution": Resolution,
    "registration": Registration,
    "certificate": Certificate,
    "service": Service,
    "range": Range,
    "vulnerability": Vulnerability,
}
KIND_OF: dict[type, FactKind] = {made: name for name, made in KINDS.items()}
# Fields that may differ without anything having changed.
VOLATILE: dict[FactKind, frozenset[str]] = {
    "record": frozenset({"ttl", "first_seen", "last_seen", "count"}),
    "resolution": frozenset({"answers"}),
    "registration": frozenset({"changed"}),
    "certificate": frozenset({"logged", "precertificate", "sha256"}),
    "service": frozenset({"first_seen", "last_seen", "banner", "body_sha256"}),
    "vulnerability": frozenset({"as_of", "epss", "percentile"}),
}


F = TypeVar("F", bound=Fact, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Generic[F]):
    """What one open database said about one subject at one time; never overwritten."""

    collector: str
    database: str  # catalogue id; "dns" for name servers, "own" for files of ours
    subject: Subject
    time: int  # when it was asked
    raw_sha256: str  # of the reply's body
    ask: int  # number of the Ask it came from
    fact: F

    @property
    def kind(self) -> FactKind:
        """Which kind of fact it is."""
        return KIND_OF[type(self.fact)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one collector learnt about one subject at one time; each fact with the SHA-256 of its reply."""

    collector: str
    database: str
    subject: Subject
    time: int
    status: AskStatus
    reason: str = ""  # why it is not complete
    requests: int = 0
    facts: tuple[tuple[str, Fact], ...] = ()
    troubles: tuple[Trouble, ...] = ()
