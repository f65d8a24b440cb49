"""The newest survey in, kept small for triage; an episode in, what its lookups would show of us out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from glasshouse import leaf
from glasshouse.asking import Ask
from glasshouse.findings import Exposure, Finding
from glasshouse.known import Background, Shown
from glasshouse.lake import exposed_summary
from glasshouse.lake.exposed_summary import Found, Seen, Source, Summary
from glasshouse.lake.store import Lake
from glasshouse.observed import (
    Certificate,
    DnsRecord,
    Fact,
    Observation,
    Registration,
    Resolution,
    Service,
)
from glasshouse.office.exposed import Deed
from glasshouse.records import LEVELS
from glasshouse.verdicts import Episode

OWN = "own"  # files of ours: nobody else can ask them
MOST = 20  # things shown of one episode
LISTED = 3  # targets named in one sentence
NOT_JUDGED = "what the newest survey found was not judged"


def keep(
    lake: Lake,
    found: Exposure,
    seen: Iterable[Observation[Fact]],
    answered: Collection[tuple[str, str]],
    unanswered: Sequence[Ask],
) -> None:
    """Keep what the newest survey shows of each name and address, for triage to look up."""
    sources = [Source(name, one.DATABASE, one.TECHNIQUE) for name, one in leaf.collectors().items()]
    number = {one.collector: place for place, one in enumerate(sources)}
    failed = {
        (one.subject.value, number[one.collector]): one.reason or one.status
        for one in unanswered
        if one.collector in number
    }
    shows = _shows(seen, number)
    told = _answers(answered, number)
    known = {
        value: Seen(shows.get(value, 0), told.get(value, 0)) for value in sorted(shows.keys() | told.keys())
    }
    exposed_summary.keep(lake, found.at, sources, _findings(found.findings), known, failed)


def _findings(findings: Iterable[Finding]) -> Iterator[Found]:
    for one in findings:
        databases = tuple(name for name in one.databases if name != OWN)
        if one.databases and not databases:
            continue
        values = {one.about, *(name for seen in one.evidence for name in _values(seen))} - {""}
        rank = LEVELS.index(one.level)
        yield Found(one.id, one.technique, databases, rank, one.about, one.title, frozenset(values))


def _shows(seen: Iterable[Observation[Fact]], number: Mapping[str, int]) -> dict[str, int]:
    """By name and address, the bits of the sources that know something of it."""
    found: dict[str, int] = {}
    for one in seen:
        at = number.get(one.collector)
        if at is None or one.subject.type == "reference" or one.database == OWN:
            continue
        if not isinstance(one.fact, Resolution):
            for value in _values(one):
                found[value] = found.get(value, 0) | 1 << at
    return found


def _answers(answered: Iterable[tuple[str, str]], number: Mapping[str, int]) -> dict[str, int]:
    """By subject, the bits of the sources that answered wholly, be it long ago: see what failed at last."""
    found: dict[str, int] = {}
    for collector, value in answered:
        at = number.get(collector)
        if at is not None:
            found[value] = found.get(value, 0) | 1 << at
    return found


def _values(seen: Observation[Fact]) -> Sequence[str]:
    """What was asked about, and what a fact names: who asks about one of these is shown it."""
    fact, asked = seen.fact, seen.subject.value
    if isinstance(fact, Certificate):
        return (asked, *(name.removeprefix("*.") for name in fact.names))
    if isinstance(fact, Service):
        return (asked, fact.ip, *fact.hostnames)
    if isinstance(fact, DnsRecord):
        return (asked, fact.name, fact.data) if fact.type in ("A", "AAAA") else (asked, fact.name)
    return (asked, fact.name, *fact.blocks) if isinstance(fact, Registration) else (asked,)


@dataclass(frozen=True, slots=True)
class _Near:
    """What is kept of one target."""

    found: tuple[Found, ...]
    shows: int
    answered: int
    failed: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Exposed:
    """What was surveyed, to be looked up episode by episode; ``summary`` is None when it was not judged."""

    lake: Lake
    summary: Summary | None
    fingerprint: str
    accepted: frozenset[str]  # findings whose risk is borne
    _kept: dict[tuple[str, tuple[str, ...], tuple[str, ...]], _Near] = field(default_factory=dict)

    def told(self, episode: Episode, background: Background) -> Background:
        """What is known of an episode, and with it what its lookups would have shown."""
        if self.summary is None:
            return replace(background, unseen=(NOT_JUDGED,))
        sources = self.summary.sources
        near = {hit.target: self._near(hit.target, episode) for hit in background.assets}
        shown = [*_grave(near, episode, self.accepted), *_known(near, episode, sources)]
        return replace(
            background,
            surveyed=self.summary.at,
            exposure=tuple(shown[:MOST]),
            unseen=tuple(_unseen(near, episode, sources)),
        )

    def _near(self, target: str, episode: Episode) -> _Near:
        key = (target, episode.databases, episode.techniques)
        if key not in self._kept:
            self._kept[key] = _Near(
                tuple(exposed_summary.found(self.lake, *key)),
                exposed_summary.shows(self.lake, target),
                exposed_summary.answered(self.lake, target),
                exposed_summary.failed(self.lake, target),
            )
        return self._kept[key]


def _grave(near: Mapping[str, _Near], episode: Episode, accepted: Collection[str]) -> list[Shown]:
    """Each finding once, with a database that was asked if one of those shows it; the gravest first."""
    once = {
        one.finding: (target, one)
        for target, kept in reversed([*near.items()])
        for one in kept.found
        if one.finding not in accepted
    }
    shown = [
        Shown(
            target=target, about=one.about, technique=one.technique, says=one.says,
            database=next((name for name in one.databases if name in episode.databases), one.databases[0])
            if one.databases else "",
            level=LEVELS[one.rank], finding=one.finding,
        )
        for target, one in once.values()
    ]  # fmt: skip
    return sorted(
        shown, key=lambda one: (-_rank(one), one.database not in episode.databases, one.about, one.says)
    )


def _rank(one: Shown) -> int:
    return LEVELS.index(one.level) if one.level else -1


def _known(near: Mapping[str, _Near], episode: Episode, sources: Sequence[Source]) -> Iterator[Shown]:
    """Which databases know a target at all, of those that were asked or are for the same technique."""
    for target, kept in near.items():
        for at, one in enumerate(sources):
            asked = one.database in episode.databases or one.technique in episode.techniques
            if kept.shows >> at & 1 and asked:
                yield Shown(target=target, about=target, database=one.database, technique=one.technique)


def _unseen(near: Mapping[str, _Near], episode: Episode, sources: Sequence[Source]) -> Iterator[str]:
    """For each database that was asked, of which targets it is not known what it shows."""
    for database in episode.databases:
        numbers = [at for at, one in enumerate(sources) if one.database == database]
        never, failed = list[str](), list[tuple[str, str]]()
        for target, kept in near.items():
            why = next((kept.failed[at] for at in numbers if at in kept.failed), None)
            if why is not None:
                failed.append((target, why))
            elif not any(kept.answered >> at & 1 for at in numbers):
                never.append(target)
        if failed:
            yield f"{database} could not be asked about {_some([one for one, _ in failed])}: {failed[0][1]}"
        if never:
            yield f"{database} was not asked about {_some(never)}"


def _some(values: Sequence[str]) -> str:
    more = len(values) - LISTED
    return ", ".join(values[:LISTED]) + (f" and {more} more" if more > 0 else "")


def standing(lake: Lake, decided: Mapping[str, Deed], now: int) -> Exposed | None:
    """What triage looks up; None where no survey was ever made."""
    if not exposed_summary.surveyed(lake):
        return None
    found = exposed_summary.standing(lake)
    borne = frozenset(
        name
        for name, deed in decided.items()
        if deed.kind == "accept" and (deed.until is None or deed.until > now)
    )
    said = f"{found.fingerprint if found else ''} {sorted(borne)}"
    return Exposed(lake, found, hashlib.sha256(said.encode()).hexdigest()[:16], borne)
