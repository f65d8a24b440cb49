"""The nouns of what we know, frozen and slotted: assets, people, machines, uses, changes, indicators.

Loaders make them from files and servers, ``know`` answers with them. Times are integers, microseconds since
1970-01-01T00:00:00Z. A field is ``None`` where the origin does not say: unknown is never the same as no.
``origin`` says where a fact stands, for people: ``inventory.yml:12`` or ``ldap://… uid=…``; never a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glasshouse.records import Level, TargetType

Criticality = Literal["low", "medium", "high", "critical"]
MachineKind = Literal["server", "workstation", "network", "mobile", "other"]
# Why somebody may look things up: the five classes of false positives, and what fits none of them.
Category = Literal["analyst", "exercise", "vulnerability-platform", "pipeline", "asset-management", "other"]
IndicatorType = Literal["domain", "hostname", "ip", "cidr", "url", "email", "tool", "hash", "account"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something we own. ``value`` is normalised as in Target: lower case, punycode, no trailing dot.

    A ``domain`` covers every name below it, a ``hostname`` only itself, a ``cidr`` every address in it.
    """

    type: TargetType
    value: str
    owner: str | None = None
    environment: str | None = None
    criticality: Criticality | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account and whose it is. ``account`` is bare and lower case: ``EXAMPLE\\\\jdoe`` is ``jdoe``."""

    account: str
    role: str | None = None
    department: str | None = None
    privileged: bool | None = None
    service: bool | None = None
    disabled: bool | None = None
    groups: tuple[str, ...] = ()
    email: str | None = None
    domains: tuple[str, ...] = ()  # those that the origin states for this account
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine. ``host`` is lower case and without DNS suffix, as ``watch.actors.host_key`` makes it."""

    host: str
    owner: str | None = None  # account
    kind: MachineKind | None = None
    criticality: Criticality | None = None
    department: str | None = None
    managed: bool | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenancy:
    """Who had an address when: ``since`` inclusive, ``until`` exclusive, None where it has not ended."""

    ip: str
    since: int
    until: int | None = None
    host: str | None = None
    account: str | None = None  # who was logged in there, where the origin says so
    hardware: str | None = None  # MAC address, lower case with colons
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One entry of the use register: who may query which databases about what, why, approved by whom.

    Each empty tuple leaves its question open (any client, any machine); ``accounts``, ``roles``,
    ``departments``, ``groups``, ``hosts``, ``networks`` and ``keys`` together say who: one must hold, and
    at least one must be said. ``databases`` are catalogue ids, ATT&CK ids (``T1596.003``) or ``*``.
    ``targets`` are domains, addresses, networks, AS numbers, ``own`` (whatever the inventory holds) or ``*``.
    """

    id: str
    purpose: str
    category: Category
    approved_by: str
    valid_from: int
    valid_until: int  # exclusive
    databases: tuple[str, ...]
    targets: tuple[str, ...]
    accounts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # key fingerprints
    clients: tuple[str, ...] = ()  # client names (tool ids, library or browser names) or kinds
    requests_per_day: int | None = None
    ticket: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change record: what is planned or done, when, who approved it."""

    id: str
    title: str
    since: int | None
    until: int | None
    approved: bool | None = None
    approved_by: str | None = None
    state: str | None = None
    requested_by: str | None = None  # account
    assets: tuple[str, ...] = ()  # names, addresses, networks in the words of the record
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What a threat intelligence feed says about one value. ``confidence`` is 0 to 100 (STIX 2.1)."""

    type: IndicatorType
    value: str
    feed: str
    confidence: int | None = None
    since: int | None = None  # valid from
    until: int | None = None  # valid until, exclusive
    seen: int | None = None  # created or last modified: its age is counted from here
    labels: tuple[str, ...] = ()
    reference: str | None = None  # id or link inside the feed
    origin: str = ""


Fact = Asset | Person | Machine | Tenancy | Use | Change | Indicator
FACTS: dict[str, type] = {
    "assets": Asset,
    "people": Person,
    "machines": Machine,
    "tenancies": Tenancy,
    "uses": Use,
    "changes": Change,
    "indicators": Indicator,
}


# What knowledge says about one episode: made by ``know``, read by ``triage``.


@dataclass(frozen=True, slots=True)
class AssetHit:
    """A target that is ours, and by which asset; criticality and owner come with the asset."""

    target: str
    asset: Asset


@dataclass(frozen=True, slots=True)
class UseCheck:
    """How an entry of the register bears on an episode.

    ``outside`` names what lies outside the entry although its people match: target, database, expired,
    not-yet-valid, client, volume. Empty: covered.
    """

    use: Use
    outside: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ChangeCheck:
    """A change record near an episode. ``binds`` says by what: asset, requester; empty: by time only."""

    change: Change
    binds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntelHit:
    """A value of an episode that a feed knows: where it stood (source, target, tool, email, account)."""

    where: str
    value: str
    indicator: Indicator
    age_days: int | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an open database shows of a target of ours: a finding, or, without a level, that it is known."""

    target: str
    about: str  # the name or address of ours that it is about: the target, or below it
    database: str  # catalogue id; empty: it rests on no single one
    technique: str
    says: str = ""
    level: Level | None = None
    finding: str = ""  # its id


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """All that knowledge says about one episode. ``has`` names the kinds of fact that were loaded at all."""

    has: frozenset[str] = frozenset()  # keys of FACTS
    incomplete: frozenset[str] = frozenset()  # kinds of which something could not be read: no "none" of these
    assets: tuple[AssetHit, ...] = ()
    about_us: int = 0  # how many of the distinct targets are ours
    not_ours: int = 0
    undecided: int = 0  # expressions, and kinds of target the inventory has nothing of
    people: tuple[Person, ...] = ()
    unknown_accounts: tuple[str, ...] = ()  # accounts that no directory knows, though one was loaded
    machines: tuple[Machine, ...] = ()
    unknown_hosts: tuple[str, ...] = ()
    tenancies: tuple[Tenancy, ...] = ()
    peers: str | None = None  # the group whose use is compared: a department or role
    uses: tuple[UseCheck, ...] = ()
    changes: tuple[ChangeCheck, ...] = ()
    intel: tuple[IntelHit, ...] = ()
    surveyed: int | None = None  # when the survey was that the next two are from
    exposure: tuple[Shown, ...] = ()  # what the databases that were asked show of our targets, worst first
    unseen: tuple[str, ...] = ()  # what of that is not known, and why: a sentence each
    troubles: tuple[str, ...] = ()  # knowledge that could not be read, or is stale
