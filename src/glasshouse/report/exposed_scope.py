"""All that is known of one name or address in, a scoping sheet for incident response out: plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from glasshouse.findings import Blind, Finding, Judged
from glasshouse.known import Asset
from glasshouse.observed import (
    KIND_OF,
    VOLATILE,
    Certificate,
    DnsRecord,
    Fact,
    FactKind,
    Observation,
    Service,
)
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import KIND_NAMES, day, fact_words, shift_words, short
from glasshouse.safe import safe

LISTED = 100  # lines of one section
NAMES_SHOWN = 50
_POINTS = frozenset({"A", "AAAA", "CNAME", "NS", "MX", "PTR", "SRV"})
_KINDS: tuple[FactKind, ...] = ("service", "certificate", "record", "resolution", "registration")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the sheet is made of: everything about one name or address, of all surveys."""

    value: str
    at: int
    asset: Asset | None = None
    history: tuple[Observation[Fact], ...] = ()  # of all times, in any order
    changes: tuple[Judged, ...] = ()
    findings: tuple[Finding, ...] = ()
    blind: tuple[Blind, ...] = ()
    looked_up: tuple[str, ...] = ()  # who inside looked it up: one sentence each


@dataclass(frozen=True, slots=True)
class Stay:
    """One thing as one database showed it without a difference, from the first to the last asking."""

    first: Observation[Fact]
    last: Observation[Fact]


def sheet(scope: Scope) -> str:
    """The sheet, in the order an incident asks: what is it, what stands open, who shares it, what was."""
    stays = stayed(scope.history)
    now = {(stay.last.collector, stay.last.fact.key): stay for stay in stays}
    current = sorted(now.values(), key=lambda stay: stay.last.fact.key)
    lines = [f"Scoping sheet: {short(scope.value)}", f"As of {text.when(scope.at)}", *_asset(scope.asset)]
    findings = (
        f"{one.priority}, {one.score}: {story.title(one)}; {words.remedy(one)} {safe(one.id)}, {one.state}"
        for one in words.ranked(scope.findings)
    )
    lines += _section("Findings", findings, "no finding in what could be seen")
    for kind in _KINDS:
        some = [stay for stay in current if stay.last.kind == kind]
        if some:
            name = KIND_NAMES[kind][1]
            lines += _section(f"{name[:1].upper()}{name[1:]}", map(_stay, some), "")
    lines += _section("Names and addresses that share it", shared(scope), "none in what could be seen")
    lines += _section("In order of time", map(_moment, stays), "nothing was ever observed about it")
    lines += _section("Changes", map(_change, scope.changes), "no change between the surveys compared")
    lines += _section(
        "Looked up inside", map(short, scope.looked_up), "by nobody, as far as the logs at hand show"
    )
    lines += _section(
        "What could not be seen", words.blind_lines(scope.blind), "every database answered wholly"
    )
    return "\n".join(lines) + "\n"


def stayed(history: Iterable[Observation[Fact]]) -> list[Stay]:
    """Observations that say the same again joined, in order of time; volatile fields are no difference."""
    open_: dict[tuple[str, str], Stay] = {}
    done: list[Stay] = []
    for one in sorted(history, key=lambda seen: seen.time):
        name = (one.collector, one.fact.key)
        had = open_.get(name)
        if had is not None and _steady(had.last.fact) == _steady(one.fact):
            open_[name] = Stay(had.first, one)
            continue
        if had is not None:
            done.append(had)
        open_[name] = Stay(one, one)
    return sorted([*done, *open_.values()], key=lambda stay: (stay.first.time, stay.first.fact.key))


def _steady(fact: Fact) -> tuple[object, ...]:
    volatile = VOLATILE.get(KIND_OF[type(fact)], frozenset())
    return tuple(getattr(fact, one.name) for one in fields(fact) if one.name not in volatile)


def shared(scope: Scope) -> list[str]:
    """Other names and addresses: where it points, what points there, who shares certificates and ports."""
    found: dict[str, set[str]] = {}
    records = [one.fact for one in scope.history if isinstance(one.fact, DnsRecord)]
    targets = {_target(fact) for fact in records if fact.name == scope.value and fact.type in _POINTS}
    for one in scope.history:
        for value, why in _beside(one.fact, scope.value, targets):
            if value != scope.value:
                found.setdefault(value, set()).add(why)
    return [f"{short(value)}: {', '.join(sorted(why))}" for value, why in sorted(found.items())]


def _target(fact: DnsRecord) -> str:
    return fact.data.rpartition(" ")[2]


def _beside(fact: Fact, value: str, targets: set[str]) -> Iterator[tuple[str, str]]:
    if isinstance(fact, DnsRecord) and fact.type in _POINTS:
        if fact.name == value:
            yield _target(fact), "it points there"
        elif _target(fact) == value:
            yield fact.name, "points to it"
        elif _target(fact) in targets:
            yield fact.name, "points to the same"
    elif isinstance(fact, Certificate):
        for name in fact.names[:NAMES_SHOWN]:
            yield name, "in one certificate with it"
    elif isinstance(fact, Service):
        for name in (fact.ip, *fact.hostnames[:NAMES_SHOWN]):
            yield name, "on the same address"


def _asset(asset: Asset | None) -> list[str]:
    if asset is None:
        return ["In no inventory: nobody is known to own it."]
    origin = f"; {short(asset.origin)}" if asset.origin else ""
    owner = short(asset.owner) if asset.owner else words.NOBODY
    return [f"Ours by {story.asset_words(asset)}, owner: {owner}{origin}"]


def _section(title: str, lines: Iterable[str], nothing: str) -> list[str]:
    items = list(lines)
    more = len(items) - LISTED
    told = [f"- {line}" for line in items[:LISTED]] or [f"- {nothing}"]
    rest = [f"- and {more:,} more"] if more > 0 else []
    head = f"{title} ({len(items):,})" if items else title
    return ["", head, *told, *rest]


def _stay(stay: Stay) -> str:
    last = stay.last
    seen = f"{safe(last.database)}, last {day(last.time) or 'at no known time'}"
    return f"{fact_words(last.fact)} ({seen})"


def _moment(stay: Stay) -> str:
    first, last = stay.first, stay.last
    until = f" to {text.when(last.time)}" if last.time != first.time else ""
    proof = f"sha256 {safe(first.raw_sha256)}"
    return f"{text.when(first.time)}{until}, {safe(first.database)}: {fact_words(last.fact)}; {proof}"


def _change(one: Judged) -> str:
    why: Sequence[str] = one.signs or one.reasons
    return f"{one.verdict}: {shift_words(one.shift)}" + (f" ({'; '.join(map(short, why))})" if why else "")
