"""One snapshot and the checks in; findings out, most urgent first, with points that add up to their score."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from glasshouse.contracts import Check
from glasshouse.findings import PRIORITIES, Finding, Hit, Judged, ShiftVerdict
from glasshouse.known import Asset
from glasshouse.observed import Certificate, DnsRecord, Fact, Observation, Registration, Resolution, Service
from glasshouse.records import LEVELS, Level, Points, Trouble
from glasshouse.survey import priority
from glasshouse.survey.world import World

DAY = 86_400_000_000
EVIDENCE = 50  # observations that are kept for one finding
# What a leaf may raise when a fact is not what it took it to be.
RAISED = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)
BASE: dict[Level, int] = {"critical": 50, "high": 35, "medium": 20, "low": 10, "informational": 0}
EXPLOITED = {"active": (25, "it is on a list of what is exploited"), "poc": (10, "it is likely exploited")}
CRITICAL = {"critical": 15, "high": 10, "medium": 5, "low": 0}
VERDICT: dict[ShiftVerdict, int] = {"suspicious": 15, "unmanaged": 5, "expected": 0, "approved": -15}
DOUBT = {"high": 0, "medium": -5, "low": -10}
NOW, ONCE = 15, 5
SENSITIVE = 5
AGES = ((365, 5), (30, 3))  # days in public, points
_WORST: tuple[ShiftVerdict, ...] = ("suspicious", "unmanaged", "expected", "approved")
_DOUBTED: tuple[ShiftVerdict, ...] = ("suspicious", "unmanaged")
_SURE = ("high", "medium", "low")
_TELLING = re.compile(
    r"(?:^|[.\-_\d])(admin|adm|auth|sso|login|idp|vpn|mail|smtp|imap|mx|webmail|scada|plc|ics|hmi|ot|pay|bank)"
    r"(?=[.\-_\d]|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A hit with all that its points and its priority are made of."""

    hit: Hit
    level: Level
    asset: Asset | None
    verdict: ShiftVerdict | None
    open: tuple[str, ...]  # the public databases that show it now
    first: int | None
    last: int | None


def findings(world: World, checks: Mapping[str, Check]) -> tuple[list[Finding], list[Trouble]]:
    """What the checks find, most urgent first, and which of them failed on what.

    Each check sees its things once. The same thing told by several databases is one finding with all
    evidence; its id depends on the check and the thing alone.
    """
    by_kind = _by_kind(world)
    found, troubles = list[Finding](), list[Trouble]()
    for name, leaf in checks.items():
        hits, failed = _hits(name, leaf, by_kind.get(leaf.ON, ()), world)
        found += [_finding(name, leaf, hit, world) for hit in hits]
        troubles += failed
    found.sort(key=lambda one: (PRIORITIES.index(one.priority), -one.score, one.check, one.key))
    return found, troubles


def _by_kind(world: World) -> dict[str, Sequence[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for one in world.seen:
        found[one.kind].append(one)
    candidates = [one for one in world.ties if one.state == "candidate"]
    return {**found, "asset": world.assets, "change": world.changes, "tie": candidates}


def _hits(name: str, leaf: Check, items: Iterable[Any], world: World) -> tuple[Iterable[Hit], list[Trouble]]:
    """The hits of one check, those of one thing joined; one Trouble when it failed, however often."""
    hits: dict[str, Hit] = {}
    failed, first = 0, ""
    for item in items:
        try:
            for hit in leaf.check(item, world):
                had = hits.get(hit.key)
                hits[hit.key] = hit if had is None else _joined(had, hit, leaf.LEVEL)
        except RAISED as problem:
            failed += 1
            first = first or f"{type(problem).__name__} on {_named(item)}: {problem}"
    if not failed:
        return hits.values(), []
    reason = f"failed on {failed} things, first with {first}"
    return hits.values(), [Trouble(f"check {name}", None, reason, "report it: the check is wrong")]


def _named(item: object) -> str:
    if isinstance(item, Observation):
        return str(item.fact.key)
    return item.shift.key if isinstance(item, Judged) else str(getattr(item, "value", "a thing"))


def _joined(a: Hit, b: Hit, level: Level) -> Hit:
    """Two hits of one thing: the worse, the surer, the sooner, and what both rest on."""
    seen = {(one.collector, one.ask, one.fact.key): one for one in (*a.evidence, *b.evidence)}
    dues = [one for one in (a.due, b.due) if one is not None]
    return replace(
        a,
        evidence=tuple(seen.values())[:EVIDENCE],
        level=max(a.level or level, b.level or level, key=LEVELS.index),
        confidence=min(a.confidence, b.confidence, key=_SURE.index),
        exploited=max(a.exploited, b.exploited, key=("none", "poc", "active").index),
        due=min(dues, default=None),
    )


def ident(check: str, key: str) -> str:
    """The id of a finding: the same for the same check and thing at any time."""
    return "F-" + hashlib.sha256(f"{check} {key}".encode()).hexdigest()[:12]


def _finding(name: str, leaf: Check, hit: Hit, world: World) -> Finding:
    case = _case(hit, hit.level or leaf.LEVEL, world)
    asset = case.asset
    criticality = asset.criticality if asset else None
    soon, because = priority.decide(hit.exploited, bool(case.open), criticality, case.verdict, case.level)
    rows = (*_clamped(tuple(_rows(case, world.now))), Points("priority", 0, f"{soon}: {', '.join(because)}"))
    return Finding(
        id=ident(name, hit.key), check=name, technique=leaf.TECHNIQUE, title=leaf.TITLE, about=hit.about,
        key=hit.key, says=hit.says, level=case.level, priority=soon,
        score=sum(row.points for row in rows), points=rows,
        asset=asset, owner=asset.owner if asset else None, verdict=case.verdict,
        databases=tuple(sorted({one.database for one in hit.evidence})), evidence=hit.evidence,
        first_public=case.first, last_public=case.last,
        remedy=leaf.REMEDY, vanishes=leaf.VANISHES, m1056=leaf.M1056, confidence=hit.confidence, due=hit.due,
    )  # fmt: skip


def _case(hit: Hit, level: Level, world: World) -> _Case:
    firsts = [time for one in hit.evidence if (time := _first(one.fact)) is not None]
    return _Case(
        hit=hit,
        level=level,
        asset=world.owned(hit.about),
        verdict=_verdict(hit, world),
        open=tuple(sorted({one.database for one in hit.evidence if _open(one, world)})),
        first=min(firsts, default=None),
        last=max(map(_last, hit.evidence), default=None),
    )


def _verdict(hit: Hit, world: World) -> ShiftVerdict | None:
    """The worst verdict of the changes that brought what a hit rests on."""
    keys = dict.fromkeys((hit.key, *(one.fact.key for one in hit.evidence)))
    found = [(one, key) for key in keys for one in world.judged(key) if one.shift.kind != "gone"]
    main = {hit.key, *(one.fact.key for one in hit.evidence[:1])}
    verdicts = {
        one.verdict
        for one, key in found
        if one.verdict in _DOUBTED or (one.shift.kind == "new" and key in main)  # a renewal approves no more
    }
    return next((one for one in _WORST if one in verdicts), None)


def _first(fact: Fact) -> int | None:
    """When a database first showed it, where it says so."""
    if isinstance(fact, (DnsRecord, Service)):
        return fact.first_seen
    return fact.logged or fact.not_before if isinstance(fact, Certificate) else None


def _last(one: Observation[Fact]) -> int:
    """When a database last saw it; when it was asked, where it does not say."""
    seen = one.fact.last_seen if isinstance(one.fact, (DnsRecord, Service)) else None
    return one.time if seen is None else seen


def _open(one: Observation[Fact], world: World) -> bool:
    """Whether a public database shows it as there now; files of our own are not public."""
    fact = one.fact
    if one.database == "own":
        return False
    if isinstance(fact, (Resolution, Registration)) or (isinstance(fact, DnsRecord) and fact.live):
        return True
    if isinstance(fact, Certificate):
        return fact.not_after is None or fact.not_after > world.now
    return _last(one) >= world.now - world.policy.stale_days * DAY


def _rows(case: _Case, now: int) -> Iterator[Points]:
    """What speaks for and against; each row one reason."""
    hit = case.hit
    yield Points("level", BASE[case.level], f"the check is {case.level} by itself")
    databases = ", ".join(sorted({one.database for one in hit.evidence}))
    if case.open:
        yield Points("reach", NOW, f"shown now by {', '.join(case.open)}")
    elif any(one.database != "own" for one in hit.evidence):
        yield Points("reach", ONCE, f"shown by {databases}, not as of now")
    if hit.exploited in EXPLOITED:
        yield Points("exploitation", *EXPLOITED[hit.exploited])
    criticality = case.asset.criticality if case.asset else None
    if criticality and CRITICAL[criticality]:
        yield Points("criticality", CRITICAL[criticality], f"the asset is of {criticality} criticality")
    if case.verdict and VERDICT[case.verdict]:
        yield Points("change", VERDICT[case.verdict], f"the change that brought it is {case.verdict}")
    if match := _TELLING.search(hit.about):
        yield Points("sensitivity", SENSITIVE, f"its name says what it is for: {match[1]}")
    days = (now - case.first) // DAY if case.first is not None else 0
    if aged := next((row for row in AGES if days >= row[0]), None):
        yield Points("age", aged[1], f"in public for more than {aged[0]} days")
    if DOUBT[hit.confidence]:
        yield Points("confidence", DOUBT[hit.confidence], f"of {hit.confidence} confidence")


def _clamped(rows: tuple[Points, ...]) -> tuple[Points, ...]:
    """The rows, with one more where their sum leaves the scale from 0 to 100."""
    total = sum(row.points for row in rows)
    kept = min(max(total, 0), 100)
    if kept == total:
        return rows
    return (*rows, Points("scale", kept - total, f"the scale ends at {kept}"))
