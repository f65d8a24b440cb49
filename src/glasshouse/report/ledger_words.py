"""A coverage ledger in; out its words: headline, lines, cells and numbers that all forms share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from glasshouse.ledger import (
    GRADE_WORDS,
    GRADES,
    KINDS,
    PARENT,
    Grade,
    Heard,
    Kind,
    Ledger,
    Share,
    gains,
    share,
    techniques,
)
from glasshouse.report.text import TECHNIQUE_NAMES, lasting, when
from glasshouse.safe import safe

# Points of a way in a score from 0 to 100: the mean over all ways of a technique.
POINTS: dict[Grade, int] = {
    "target": 100, "database": 50, "connection": 20, "clear": 10, "typed": 10, "none": 0,
}  # fmt: skip
SHORT: dict[Grade, str] = {
    "target": "target", "database": "database only", "connection": "connection", "clear": "in clear",
    "typed": "if typed", "none": "could not",
}  # fmt: skip
_QUESTIONS: tuple[tuple[Grade, str], ...] = (
    ("target", "about us?"),
    ("database", "who asked which database?"),
)
# What to switch on for a kind of log, in the words of those who run it.
_FEEDS = {
    "dns": "the query log of every resolver and forwarder, with client addresses",
    "tls": "a network sensor that logs the server name of TLS hellos",
    "named": "an endpoint sensor that logs connections with host names",
    "connect": "the access log of an explicit proxy, with accounts",
    "url": "a sensor or proxy that logs URLs",
    "https": "TLS-inspected proxy or gateway logs with URLs",
    "query": "TLS-inspected proxy or gateway logs with query strings kept (Squid: strip_query_terms off)",
    "body": "TLS-inspected proxy logs that keep request bodies, or a forward proxy of the API",
    "flow": "flow or firewall logs with bytes, port 43 and 5432 included",
    "process": "process starts with command lines from every endpoint and server",
    "whois": "a sensor that logs what is sent on port 43",
    "sql": "a sensor that logs SQL text on port 5432",
}
_FORMATS_SHOWN = 8


def share_points(one: Share) -> int:
    """A technique's score from 0 to 100: the mean of POINTS over its ways, rounded down."""
    return sum(POINTS[grade] * count for grade, count in one.grades) // one.ways if one.ways else 0


def visibility(one: Share) -> int:
    """DeTT&CT's visibility score 0 (none) to 4 (excellent), cautiously from the shares of ways."""
    known, seen = one.of("target"), one.of("target", "database")
    if 10 * known >= 9 * one.ways and one.ways:
        return 4
    if 2 * known >= one.ways and one.ways:
        return 3
    if 2 * seen >= one.ways and one.ways:
        return 2
    return 1 if one.of("none") < one.ways else 0


def detection(ledger: Ledger, technique: str, one: Share) -> int:
    """DeTT&CT's detection score: -1 nothing; 1 basic to 3 good, never more, as nobody outside is seen."""
    if not runnable(ledger, technique) or not one.of("target", "database", "typed"):
        return -1
    return max(1, min(3, visibility(one)))


def runnable(ledger: Ledger, technique: str) -> list[str]:
    """The rules that could run and are about a technique; of a parent, those about any part of it."""
    return [
        rule.rule
        for rule in ledger.rules
        if rule.runs and (not rule.techniques or any(_about(name, technique) for name in rule.techniques))
    ]


def _about(name: str, technique: str) -> bool:
    return name == technique or name.startswith(f"{technique}.")


def shares(ledger: Ledger) -> list[Share]:
    """T1596 as a whole, then each technique."""
    return [share(ledger, name) for name in (PARENT, *techniques(ledger))]


def title(technique: str) -> str:
    """ATT&CK's name of a technique, or its id."""
    return TECHNIQUE_NAMES.get(technique, technique)


def headline(ledger: Ledger) -> str:
    """One sentence with the numbers of T1596."""
    one = share(ledger, PARENT)
    logs = "the lake's sources" if ledger.of == "lake" else "these logs"
    return f"Of {one.ways:,} ways to ask that ATT&CK files under {PARENT}, with {logs}: {counts(one)}."


def counts(one: Share) -> str:
    """How many ways have which grade, best first, those with ways only."""
    return "; ".join(f"{GRADE_WORDS[grade]}: {count:,}" for grade, count in one.grades if count)


def warning() -> str:
    """What a reader must know before the numbers."""
    return "These are ways to ask from inside, as catalogued. What is asked outside is in no log of ours."


def silences(ledger: Ledger) -> list[str]:
    """One line for each source that fell silent."""
    return [f"{safe(one.name)}: {safe(one.says)} (last heard {when(one.last)})" for one in ledger.silent]


def lost_words(one: Share) -> str:
    """How many ways showed more before sources fell silent."""
    return f"{one.lost:,} of {one.ways:,} ways could be seen better before a source fell silent"


def heard_cells(one: Heard) -> tuple[str, ...]:
    """Name, state, records, machines, first, last and kinds of a source."""
    clients = f"{one.clients:,}" if one.clients else "?"
    return (
        safe(one.name), one.state, f"{one.records:,}", clients, _moment(one.first), _moment(one.last),
        ", ".join(one.kinds) or "none known",
    )  # fmt: skip


def _moment(time: int | None) -> str:
    return when(time) if time is not None else "not known"


def usual(one: Heard) -> str:
    """Within which time something usually arrives."""
    return lasting(one.usual) if one.usual is not None else "not known"


def day(time: int) -> date:
    """The day of a time in UTC; the first and last days of the calendar beyond it."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)).date()
    except OverflowError:
        return date.max if time > 0 else date.min


def kind_words(one: Kind) -> str:
    """One kind of log with its state."""
    return f"{one.title}: {safe(one.says)}"


def grade_legend() -> list[tuple[str, str]]:
    """Short and long words of each grade, best first."""
    return [(SHORT[grade], GRADE_WORDS[grade]) for grade in reversed(GRADES)]


def requirements(ledger: Ledger) -> Iterator[tuple[str, str, list[str]]]:
    """Per technique and question: what there is today, and what it needs, most useful first."""
    today = ", ".join(KINDS[kind] for kind in KINDS if kind in ledger.at_hand) or "nothing"
    for name in techniques(ledger):
        one = share(ledger, name)
        for wanted, question in _QUESTIONS:
            grades = ("target",) if wanted == "target" else ("target", "database")
            answered = one.of(*grades)
            head = (
                f'To answer "{question}" for {name} {title(name)}: today {answered:,} of {one.ways:,} ways '
                f"could be seen well enough, with {today}."
            )
            yield name, head, list(_needs(ledger, name, wanted))


def _needs(ledger: Ledger, technique: str, wanted: Grade) -> Iterator[str]:
    found = gains(ledger, technique, wanted)
    for gain in found:
        formats = ", ".join(gain.formats[:_FORMATS_SHOWN]) or "no log format that is read here"
        more = f" and {len(gain.formats) - _FORMATS_SHOWN} more" if len(gain.formats) > _FORMATS_SHOWN else ""
        verb = "make speak again" if gain.state == "silent" else "add"
        databases = ", ".join(gain.databases[:4]) + (" …" if len(gain.databases) > 4 else "")
        yield f"{verb} {_FEEDS[gain.kind]}: {gain.ways:,} ways more, of {databases}; from: {formats}{more}"
    if not found:
        yield "no further kind of log would show more: the rest names no target, or never leaves the client"
