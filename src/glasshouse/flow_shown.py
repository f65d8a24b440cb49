"""The newest survey in, kept small for triage; an episode in, what its lookups would show of us out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from glasshouse import leaf
from glasshouse.asking import Ask
from glasshouse.findings import Exposure, Finding
from glasshouse.known import Background, Shown
from glasshouse.lake import exposed_summary
from glasshouse.lake.exposed_summary import KNOWN, Asked, Row
from glasshouse.lake.store import Lake
from glasshouse.observed import Certificate, DnsRecord, Fact, Observation, Registration, Resolution, Service
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
    rows = {*_findings(found.findings), *_known(seen)}
    exposed_summary.keep(lake, found.at, rows, _asked(answered, unanswered))


def _findings(findings: Iterable[Finding]) -> Iterator[Row]:
    for one in findings:
        databases = [name for name in one.databases if name != OWN]
        if one.databases and not databases:
            continue
        rank = LEVELS.index(one.level)
        values = {one.about, *(name for seen in one.evidence for name in _values(seen))}
        for value in filter(None, values):
            for database in databases or [""]:
                yield Row(value, database, one.technique, rank, one.id, one.about, one.title)


def _known(seen: Iterable[Observation[Fact]]) -> Iterator[Row]:
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in seen:
        if one.subject.type != "reference" and one.database != OWN and not isinstance(one.fact, Resolution):
            named[one.collector, one.database].update(_values(one))
    techniques = {name: one.TECHNIQUE for name, one in leaf.collectors().items()}
    for (collector, database), values in named.items():
        technique = techniques.get(collector, "")
        for value in values:
            yield Row(value, database, technique, KNOWN)


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


def _asked(answered: Iterable[tuple[str, str]], unanswered: Iterable[Ask]) -> Iterator[Asked]:
    """How asking went at last: what was answered before and failed now is not known as of now."""
    databases = {name: one.DATABASE for name, one in leaf.collectors().items()}
    failed = {(one.collector, one.subject.value): one for one in unanswered}
    for collector, value in answered:
        if (collector, value) not in failed:
            yield Asked(value, databases.get(collector, collector), collector, True)
    for (collector, value), one in failed.items():
        yield Asked(value, one.database, collector, False, one.reason or one.status)


@dataclass(frozen=True, slots=True)
class Exposed:
    """What was surveyed, to be looked up episode by episode; ``at`` is None when it was not judged."""

    lake: Lake
    at: int | None
    fingerprint: str
    accepted: frozenset[str]  # findings whose risk is borne
    _rows: dict[tuple[object, ...], list[Row]] = field(default_factory=dict)
    _asked: dict[str, list[Asked]] = field(default_factory=dict)

    def told(self, episode: Episode, background: Background) -> Background:
        """What is known of an episode, and with it what its lookups would have shown."""
        if self.at is None:
            return replace(background, unseen=(NOT_JUDGED,))
        targets = tuple(dict.fromkeys(hit.target for hit in background.assets))
        return replace(
            background,
            surveyed=self.at,
            exposure=tuple(self._shown(targets, episode)),
            unseen=tuple(self._unseen(targets, episode)),
        )

    def _shown(self, targets: Iterable[str], episode: Episode) -> Iterator[Shown]:
        """Each finding once, with a database that was asked if one of those shows it."""
        best: dict[tuple[str, ...], tuple[tuple[object, ...], Shown]] = {}
        for target in targets:
            for row in self._below(target, episode):
                if row.finding in self.accepted:
                    continue
                key = (row.finding,) if row.finding else (target, row.database)
                order = (-row.rank, row.database not in episode.databases, row.about, row.says, row.database)
                if key not in best or order < best[key][0]:
                    best[key] = order, _of(target, row)
        ordered = sorted(best.values(), key=lambda one: (one[0], one[1].target))
        yield from (one for _order, one in ordered[:MOST])

    def _below(self, target: str, episode: Episode) -> list[Row]:
        key = (target, episode.databases, episode.techniques)
        if key not in self._rows:
            self._rows[key] = exposed_summary.below(self.lake, target, episode.databases, episode.techniques)
        return self._rows[key]

    def _unseen(self, targets: Sequence[str], episode: Episode) -> Iterator[str]:
        """For each database that was asked, of which targets it is not known what it shows."""
        for database in episode.databases:
            never, failed, reason = list[str](), list[str](), ""
            for target in targets:
                asked = [one for one in self._about(target) if one.database == database]
                wrong = next((one for one in asked if not one.complete), None)
                if wrong:
                    failed.append(target)
                    reason = reason or wrong.reason
                elif not asked:
                    never.append(target)
            if failed:
                yield f"{database} could not be asked about {_some(failed)}: {reason}"
            if never:
                yield f"{database} was not asked about {_some(never)}"

    def _about(self, target: str) -> list[Asked]:
        if target not in self._asked:
            self._asked[target] = exposed_summary.asked_about(self.lake, target)
        return self._asked[target]


def _of(target: str, row: Row) -> Shown:
    level = LEVELS[row.rank] if row.rank >= 0 else None
    return Shown(
        target=target, about=row.about or row.value, database=row.database, technique=row.technique,
        says=row.says, level=level, finding=row.finding,
    )  # fmt: skip


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
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    return Exposed(lake, found.at if found else None, digest, borne)
