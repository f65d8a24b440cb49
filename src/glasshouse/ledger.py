"""The nouns of the coverage ledger: ways to ask and kinds of log in, what could be seen of each way out.

A way is one lookup shape of the catalogue. Nothing here says "covered": a way has a grade and a reason, and
a log that fell silent shows nothing. Times are integers, microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from glasshouse.records import Trouble

Grade = Literal["none", "typed", "clear", "connection", "database", "target"]
GRADES: tuple[Grade, ...] = ("none", "typed", "clear", "connection", "database", "target")
GRADE_WORDS: Mapping[Grade, str] = {
    "target": "target could be seen",
    "database": "database could be seen, target could not",
    "connection": "only as a connection",
    "clear": "only if asked in clear (plain HTTP)",
    "typed": "only if typed on a command line",
    "none": "could not be seen",
}
State = Literal["heard", "silent", "absent"]
STATES: tuple[State, ...] = ("absent", "silent", "heard")
KINDS: Mapping[str, str] = {
    "dns": "DNS questions",
    "tls": "TLS hellos (SNI)",
    "named": "connections with names",
    "connect": "CONNECT of a proxy",
    "url": "URLs, TLS not opened",
    "https": "URLs, TLS opened",
    "query": "query strings of such URLs",
    "body": "request bodies",
    "flow": "connections without names",
    "process": "process starts with command lines",
    "whois": "text sent on port 43",
    "sql": "SQL text",
}
PARENT = "T1596"


@dataclass(frozen=True, slots=True)
class View:
    """What one kind of log shows of one way, at best, and why no more."""

    kind: str
    grade: Grade
    reason: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask one open database, with one view per kind of log, in the order of KINDS."""

    database: str
    techniques: tuple[str, ...]
    at: str  # host/path?query with {variables}, as in the catalogue
    place: str  # where the target stands: path, query, body ...
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Of one kind of log: how many records, of how many different machines or accounts."""

    kind: str
    records: int
    clients: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One source of logs: what it gave, since when, and whether it still speaks."""

    source: str  # log format
    name: str  # what it is called: its path and format where that is known
    state: State
    says: str  # a sentence on the state
    kinds: tuple[str, ...]
    records: int = 0
    clients: int | None = None  # different machines or accounts in its records; None: not known
    first: int | None = None
    last: int | None = None
    usual: int | None = None  # microseconds within which something usually arrives
    each: tuple[Count, ...] = ()  # of each kind, where they were counted
    carries: tuple[str, ...] | None = None  # of user, host, ip, process, client, bytes; None: not known

    def machines(self, kind: str) -> int | None:
        """How many machines a kind came from; None where it is not known."""
        return next((one.clients or None for one in self.each if one.kind == kind), self.clients)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of log record, and whether it is at hand now."""

    kind: str
    title: str
    state: State
    sources: tuple[str, ...]
    says: str
    formats: tuple[str, ...] = ()  # log formats that may show it


@dataclass(frozen=True, slots=True)
class RuleNeeds:
    """One rule: whether records at hand can fill what it reads, what is missing, what would fill it."""

    rule: str
    title: str
    techniques: tuple[str, ...]  # empty: of any
    runs: bool
    lacks: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """Lookups that no log of ours can show, why, and who could tell."""

    what: str
    why: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What these logs could show of the ways to ask, and what they could not."""

    made: int
    of: Literal["lake", "logs"]
    heard: tuple[Heard, ...]
    kinds: tuple[Kind, ...]
    ways: tuple[Way, ...]
    rules: tuple[RuleNeeds, ...]
    beyond: tuple[Beyond, ...]
    blind: tuple[str, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    @property
    def silent(self) -> tuple[Heard, ...]:
        """The sources that fell silent."""
        return tuple(one for one in self.heard if one.state == "silent")

    @property
    def at_hand(self) -> frozenset[str]:
        """The kinds of record that arrive now."""
        return frozenset(one.kind for one in self.kinds if one.state == "heard")

    @property
    def lost(self) -> frozenset[str]:
        """The kinds of record whose sources all fell silent."""
        return frozenset(one.kind for one in self.kinds if one.state == "silent")


@dataclass(frozen=True, slots=True)
class Cell:
    """Of one sub-technique, database and kind of log: how many ways have which grade."""

    technique: str
    database: str
    kind: str
    state: State
    ways: int
    grades: tuple[tuple[Grade, int], ...]  # best first, those with ways only; they add up to ``ways``
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """Of one technique: its ways by what all kinds at hand could show of them together."""

    technique: str
    ways: int
    grades: tuple[tuple[Grade, int], ...]  # best first, each grade; they add up to ``ways``
    lost: int  # ways that showed more before a source fell silent
    databases: int

    def of(self, *grades: Grade) -> int:
        """How many ways have one of these grades."""
        return sum(count for grade, count in self.grades if grade in grades)


def rank(grade: Grade) -> int:
    """Grades in order: the higher, the more could be seen."""
    return GRADES.index(grade)


def best(way: Way, kinds: Iterable[str]) -> View:
    """The view that shows most among some kinds of log; of none, that nothing could be seen."""
    wanted = frozenset(kinds)
    views = [view for view in way.views if view.kind in wanted]
    return max(views, key=lambda view: rank(view.grade), default=View("", "none", "No log at hand shows it."))


def grades_of(ways: Iterable[Way], kinds: Iterable[str]) -> Counter[Grade]:
    """How many ways have which grade, each way once, over some kinds of log together."""
    wanted = frozenset(kinds)
    return Counter(best(way, wanted).grade for way in ways)


def techniques(ledger: Ledger) -> tuple[str, ...]:
    """The techniques ways serve, those of T1596 first."""
    found = {name for way in ledger.ways for name in way.techniques}
    return tuple(sorted(found, key=lambda name: (not name.startswith(PARENT), name)))


def share(ledger: Ledger, technique: str) -> Share:
    """One technique summed up; a parent holds the ways of its sub-techniques, each once."""
    ways = [way for way in ledger.ways if any(_within(one, technique) for one in way.techniques)]
    now = grades_of(ways, ledger.at_hand)
    both = ledger.at_hand | ledger.lost
    lost = sum(rank(best(way, both).grade) > rank(best(way, ledger.at_hand).grade) for way in ways)
    counted = tuple((grade, now[grade]) for grade in reversed(GRADES))
    return Share(technique, len(ways), counted, lost, len({way.database for way in ways}))


def _within(one: str, technique: str) -> bool:
    return one == technique or one.startswith(f"{technique}.")


def cells(ledger: Ledger) -> list[Cell]:
    """The ledger by sub-technique, database and kind of log: a way counts once in each of its cells."""
    states = {one.kind: one.state for one in ledger.kinds}
    grouped: dict[tuple[str, str], list[Way]] = {}
    for way in ledger.ways:
        for technique in way.techniques:
            grouped.setdefault((technique, way.database), []).append(way)
    found = []
    for (technique, database), ways in sorted(grouped.items()):
        for number, kind in enumerate(KINDS):
            views = [way.views[number] for way in ways]
            counted = Counter(view.grade for view in views)
            grades = tuple((grade, counted[grade]) for grade in reversed(GRADES) if counted[grade])
            reasons = tuple(dict.fromkeys(view.reason for view in views))
            found.append(Cell(technique, database, kind, states[kind], len(ways), grades, reasons))
    return found


@dataclass(frozen=True, slots=True)
class Gain:
    """A kind of log that is not at hand: of how many ways it would show a grade that nothing shows now."""

    kind: str
    state: State
    ways: int
    databases: tuple[str, ...]
    formats: tuple[str, ...]


def gains(ledger: Ledger, technique: str, wanted: Grade) -> list[Gain]:
    """What would answer more about a technique, most first; ``wanted`` is the grade a question needs."""
    lacking = [
        way
        for way in ledger.ways
        if any(_within(one, technique) for one in way.techniques)
        and rank(best(way, ledger.at_hand).grade) < rank(wanted)
    ]
    found = []
    for kind in ledger.kinds:
        more = [way for way in lacking if rank(best(way, (kind.kind,)).grade) >= rank(wanted)]
        if more and kind.state != "heard":
            names = tuple(sorted({way.database for way in more}))
            found.append(Gain(kind.kind, kind.state, len(more), names, kind.formats))
    return sorted(found, key=lambda gain: (-gain.ways, gain.kind))
