"""The nouns of exposure, frozen and slotted: what changed, was it approved, what to do about what is public.

Times are integers, microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glasshouse.known import Asset, Change
from glasshouse.observed import Fact, FactKind, Observation
from glasshouse.records import Level, Points, Trouble

ShiftKind = Literal["new", "changed", "gone"]
ShiftVerdict = Literal["approved", "expected", "unmanaged", "suspicious"]
# Outcomes of CISA's SSVC tree, most urgent first (cisa.gov/ssvc).
Priority = Literal["act", "attend", "track*", "track"]
PRIORITIES: tuple[Priority, ...] = ("act", "attend", "track*", "track")
State = Literal["open", "accepted", "resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One difference between two snapshots, of one thing in one database.

    ``first_look``: the collector had never answered about this subject before, so it is new to us only.
    """

    kind: ShiftKind
    fact_kind: FactKind
    key: str
    collector: str
    database: str
    before: Observation[Fact] | None = None
    after: Observation[Fact] | None = None
    fields: tuple[str, ...] = ()  # which differ
    first_look: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A shift with the change record it is tied to, or why there is none."""

    shift: Shift
    verdict: ShiftVerdict
    asset: Asset | None = None
    change: Change | None = None
    reasons: tuple[str, ...] = ()  # how the verdict came about, step by step
    signs: tuple[str, ...] = ()  # what makes it suspicious
    near_miss: str = ""  # the record that almost fitted, and what was missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a check says of one thing: ``key`` names it, ``about`` is the name or address of ours."""

    key: str
    about: str
    says: str
    evidence: tuple[Observation[Fact], ...] = ()
    level: Level | None = None  # where it differs from the check's own
    confidence: Literal["high", "medium", "low"] = "high"
    exploited: Literal["none", "poc", "active"] = "none"  # SSVC exploitation, for vulnerabilities
    due: int | None = None  # date set by others: a KEV due date, an expiry


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A name or address that ties to us and is not in the inventory; ``chain`` is why, step by step."""

    type: Literal["domain", "hostname", "ip", "cidr", "asn"]
    value: str
    chain: tuple[str, ...]
    strength: int  # 0 to 100
    evidence: tuple[Observation[Fact], ...] = ()
    state: Literal["candidate", "adopted", "disowned"] = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An exposure check that fired. ``id`` is the same for the same check and thing at any time."""

    id: str
    check: str
    technique: str
    title: str
    about: str
    key: str
    says: str
    level: Level
    priority: Priority
    score: int
    points: tuple[Points, ...]  # the rows add up to the score
    asset: Asset | None = None
    owner: str | None = None
    verdict: ShiftVerdict | None = None  # of the change that brought it, where one is known
    databases: tuple[str, ...] = ()
    evidence: tuple[Observation[Fact], ...] = ()
    first_public: int | None = None
    last_public: int | None = None
    remedy: str = ""  # the concrete step
    vanishes: str = ""  # what public data goes when it is done; empty: it cannot be reduced
    m1056: bool = False  # Pre-compromise mitigation applies
    confidence: Literal["high", "medium", "low"] = "high"
    due: int | None = None
    state: State = "open"
    state_says: str = ""  # who accepted it, why, until when
    looked_up: tuple[str, ...] = ()  # who inside looked that asset up, and when: one sentence each


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A name of ours that is served through a content delivery network, and what shows it."""

    name: str
    provider: str
    how: tuple[str, ...]  # alias, address, header: one sentence each
    origins: tuple[str, ...] = ()  # addresses that findings say are behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """How much one database shows of one kind: things, and how it was last asked."""

    technique: str
    database: str
    collector: str
    kind: FactKind
    things: int
    subjects: int  # about how many of our assets
    last_asked: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """What could not be seen: a collector that failed or was never asked, for how many assets, and why."""

    collector: str
    status: str  # partial, refused, failed, skipped or never
    subjects: int
    reason: str
    last_complete: int | None  # what is shown of it is from then


@dataclass(frozen=True, slots=True)
class Trend:
    """One survey of the past: how many open findings of each level there were."""

    time: int
    levels: tuple[tuple[Level, int], ...]
    unapproved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The one result document of the survey wing; every sink renders it."""

    at: int
    before: int | None  # the snapshot it is compared with
    organisation: str = ""
    assets: int = 0
    findings: tuple[Finding, ...] = ()  # most urgent first
    changes: tuple[Judged, ...] = ()
    ties: tuple[Tie, ...] = ()
    revealed: tuple[Revealed, ...] = ()
    edges: tuple[Edge, ...] = ()  # by name
    blind: tuple[Blind, ...] = ()
    trend: tuple[Trend, ...] = ()  # oldest first
    troubles: tuple[Trouble, ...] = ()
    home: str = ""  # the home folder as it was said, for the commands that come next
