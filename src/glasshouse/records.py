"""The nouns of Glasshouse, frozen and slotted: what every other file takes in and gives out.

Times are integers, microseconds since 1970-01-01T00:00:00Z. A field is ``None`` where the log does not say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Via = Literal["dns", "http", "tls", "flow", "process", "whois", "sql"]
Level = Literal["informational", "low", "medium", "high", "critical"]
LEVELS: tuple[Level, ...] = ("informational", "low", "medium", "high", "critical")
ClientKind = Literal["browser", "script", "tool", "unknown"]
TargetType = Literal[
    "domain", "hostname", "ip", "cidr", "asn", "certificate", "organisation", "email", "expression"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One log record, normalised; lives only while it is read.

    ``name`` is only ever a name that was *asked for*: DNS query name, SNI, Host, CONNECT, URL host.
    Never put an answer, a referrer, a reverse name or a certificate subject there.
    """

    via: Via
    time: int | None = None
    name: str | None = None  # host name asked for, as logged
    url: str | None = None  # full or host-relative URL as logged; "host:port" for CONNECT goes to name
    method: str | None = None
    status: int | None = None
    user_agent: str | None = None
    body: str | None = None  # request body where a log has it
    query_type: str | None = None  # DNS: "A", "AAAA", "TXT" ...
    payload: str | None = None  # text sent on port 43, or SQL
    user: str | None = None
    host: str | None = None  # machine the act happened on
    ip: str | None = None  # address of the one who asked
    process: str | None = None  # image path or name
    command_line: str | None = None
    server_ip: str | None = None
    server_port: int | None = None
    bytes_out: int | None = None
    bytes_in: int | None = None
    packets_out: int | None = None
    duration: int | None = None  # microseconds
    link: str | None = None  # id shared by records of one connection or act in one log family
    ident: str | None = None  # identity of the transaction: written twice (mirrored port) it stays equal
    proxied: bool = False  # seen at, or on the way to, a proxy
    doubt: str | None = None  # for example "local time without zone read as UTC"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked, as far as the log tells; ``device`` is the machine that had the address at that time."""

    user: str | None = None
    host: str | None = None
    ip: str | None = None
    process: str | None = None
    device: str | None = field(default=None, compare=False)  # from leases; addresses join nobody then


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked about; ``about_us`` is None when no inventory was given."""

    type: TargetType
    value: str
    about_us: bool | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """What program asked: ``name`` is a tool id, a browser family or a library name."""

    kind: ClientKind = "unknown"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests one lookup stands for: a lower bound, an estimate and how it was got."""

    min: int = 1
    estimate: int = 1
    how: str = "one record, one request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A query to an open database, or the run of a tool that makes such queries."""

    time: int
    source: str
    file: str
    position: int
    record_sha256: str
    via: Via
    view: str  # finer than via: records of one view never describe one request twice ("dns/A", "tls" ...)
    actor: Actor
    database: str | None  # catalogue id; None when only the tool is known
    techniques: tuple[str, ...] = ()
    scope: str = "core"
    name: str | None = None  # host asked, normalised
    targets: tuple[Target, ...] = ()
    client: Client = Client()
    key_fingerprint: str | None = None
    requests: Requests = Requests()
    bytes_out: int | None = None
    bytes_in: int | None = None
    packets_out: int | None = None
    duration: int | None = None
    link: str | None = None
    ident: str | None = None
    proxied: bool = False
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be read, asked or judged; always counted and shown."""

    where: str  # file, rule or leaf
    position: int | None
    reason: str
    next_step: str = ""


@dataclass(slots=True)
class SourceCount:
    """Accounting of one source: records = parsed + quarantined + other, of those looked at."""

    bytes: int = 0
    records: int = 0
    candidates: int = 0
    parsed: int = 0
    quarantined: int = 0
    lookups: int = 0
    kinds: set[str] = field(default_factory=set)  # dns, tls, flow, process, connect, url


@dataclass(slots=True)
class Tally:
    """What one run read, per source, and what troubled it."""

    sources: dict[str, SourceCount] = field(default_factory=dict)
    files: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    troubles_dropped: int = 0
    keep: Callable[[str, Trouble, bytes], None] | None = None  # takes source and bytes of what is quarantined
    kept_in: str = ""  # the file they are in
    relayed: int = 0  # lookups a proxy made for clients whose own lookups are counted

    @property
    def troubles_total(self) -> int:
        """How many troubles there were, with those beyond the thousand that are kept."""
        return len(self.troubles) + self.troubles_dropped

    def of(self, source: str) -> SourceCount:
        """The counter of one source, made at first use."""
        return self.sources.setdefault(source, SourceCount())


@dataclass(frozen=True, slots=True)
class Points:
    """One row of a score."""

    rule: str
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one lookup of an alert stands in the raw logs."""

    file: str
    position: int
    record_sha256: str
    source: str
    time: int


@dataclass(frozen=True, slots=True)
class Visibility:
    """Which kinds of log saw an episode, and what they could not show."""

    seen_through: tuple[str, ...]
    sources: tuple[str, ...]
    not_shown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One episode: the lookups of one actor that one or more rules tie together."""

    id: str
    first_seen: int
    last_seen: int
    actor: Actor
    users: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    score: int = 0
    points: tuple[Points, ...] = ()
    level: Level = "informational"
    lookups: int = 0
    requests: Requests = Requests()
    databases: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    targets_total: int = 0
    clients: tuple[Client, ...] = ()
    visibility: Visibility = Visibility((), (), ())
    evidence: tuple[Evidence, ...] = ()
    evidence_total: int = 0
    summary: str = ""


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """Whether a rule could run on this data: ran, fields missing, unsupported, invalid."""

    rule: str
    status: str
    detail: str = ""
    where: str = ""  # file and line of the rule


@dataclass(frozen=True, slots=True)
class Report:
    """The one result document; every sink renders it."""

    alerts: tuple[Alert, ...]
    tally: Tally
    rule_statuses: tuple[RuleStatus, ...] = ()
    lookups_total: int = 0
    blind_spots: tuple[str, ...] = ()
    first_time: int | None = None
    last_time: int | None = None
