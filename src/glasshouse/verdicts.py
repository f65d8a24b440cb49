"""The nouns of triage, frozen and slotted: an episode's facts in, a verdict, answers and a decision out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from glasshouse.records import Actor, Alert, Client, Target

Confidence = Literal["high", "medium", "low", "none"]
DecisionName = Literal["close-authorised", "close-benign", "watch", "l1-review", "escalate-t2", "contain"]
DECISIONS: dict[DecisionName, str] = {
    "close-authorised": "close as authorised",
    "close-benign": "close as benign",
    "watch": "watch",
    "l1-review": "L1 review",
    "escalate-t2": "escalate to T2",
    "contain": "contain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much one party asked in the 30 days before an episode; counts are estimated requests.

    ``median`` and ``mad`` (median absolute deviation) are over days or hours with any request.
    """

    days: int = 0  # days with any request
    median_day: float = 0.0
    mad_day: float = 0.0
    hours: int = 0
    median_hour: float = 0.0
    mad_hour: float = 0.0
    most_day: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One alert with everything its lookups say, gathered by the lake."""

    alert: Alert
    key: str  # of the actor
    accounts: tuple[str, ...] = ()  # bare, lower case
    hosts: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()  # distinct, at most TARGETS
    targets_total: int = 0
    acts_with_target: int = 0  # how many of the requests show what they asked about
    databases: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    clients: tuple[Client, ...] = ()
    keys: tuple[str, ...] = ()  # key fingerprints
    key_accounts: tuple[str, ...] = ()  # who else used these keys within 30 days before and after
    vias: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    busiest_day: int = 0  # requests of the day with most
    busiest_hour: int = 0
    bytes_out: int | None = None
    bytes_in: int | None = None
    gaps: int = 0  # how many gaps between acts
    median_gap: float | None = None  # seconds
    mad_gap: float | None = None
    night_share: float = 0.0  # of acts between 20:00 and 06:00 UTC or at the weekend
    own: Usage = Usage()  # this actor, 30 days before the episode
    first_seen: int | None = None  # when this actor first asked any of these databases, if before the episode
    actors_of_databases: int = 0  # how many actors asked any of these databases in those 30 days
    actors_total: int = 0  # how many asked anything
    peers: Usage | None = None  # others of the same group, each day and actor one count
    peer_actors: int = 0
    estate: Usage | None = None  # everybody, each day and actor one count
    days_known: int = 0  # how many of the 30 days the lake has any fact of
    earlier_alerts: int = 0  # of this actor, 90 days before

    @property
    def actor(self) -> Actor:
        """Who it was, as the alert says."""
        return self.alert.actor


@dataclass(frozen=True, slots=True)
class Reference:
    """What a statement rests on.

    ``kind`` is lookup, asset, person, machine, lease, use, change, intel, baseline, finding or rule.
    """

    kind: str
    where: str  # file:position, register entry, change number, feed ...
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a verdict. ``value`` is a word its leaf lists in VALUES; unknown needs its reasons."""

    name: str
    value: str
    says: str  # one sentence for people
    confidence: Confidence = "high"
    evidence: tuple[Reference, ...] = ()
    number: float | None = None  # what thresholds compare, where there is one
    because: str = ""  # when unknown: what is missing
    would_answer: str = ""  # when unknown: what would answer it


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or some machine that the sentences of a verdict may name."""

    kind: Literal["user", "host", "addr"]
    value: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All fields of one alert's verdict, by name; ``named`` is who stands in their sentences."""

    fields: tuple[Field, ...]
    named: tuple[Named, ...] = ()

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line of a playbook, answered from data or said to be unanswerable.

    ``kind``: question, l1-step, t2-step, escalation, containment.
    """

    playbook: str
    id: str
    kind: str
    asks: str
    answer: str
    value: str  # yes, no, unknown, done, to-do, or a field's own word
    confidence: Confidence
    evidence: tuple[Reference, ...] = ()
    because: str = ""
    would_answer: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition the decision looked at: whether it held, or could not be judged (None)."""

    name: str
    held: bool | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do with an alert, by which row of the decision table, and every criterion looked at."""

    name: DecisionName
    row: str
    says: str
    criteria: tuple[Criterion, ...] = ()

    @property
    def title(self) -> str:
        """The decision in words."""
        return DECISIONS[self.name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """An alert with its verdict, the playbooks' answers and the decision: what case work starts from."""

    alert: Alert
    episode: Episode
    verdict: Verdict
    answers: tuple[Answer, ...]
    decision: Decision
    knowledge: str = ""  # fingerprint of the knowledge it was judged with


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """What an artefact is made from: one alert, and what would have to be blocked or isolated.

    ``names`` block themselves and every name below them, ``exact`` only themselves; ``shared`` are names of
    databases that also serve other things (a search engine, a code host): they are told, never blocked.
    """

    alert: Alert
    episode: Episode
    names: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    made: int = 0  # microseconds
    case: str | None = None
    lake: str = ""  # folder of the lake, for queries
    note: str = ""  # what whoever reads an artefact must know first: that tokens stand for names
