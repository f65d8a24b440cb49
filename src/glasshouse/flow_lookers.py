"""Findings in; the same out, each with who inside looked its asset up, in which database and when last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from glasshouse import places
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.findings import Finding
from glasshouse.flow_privacy import cover
from glasshouse.know.background import Knowledge
from glasshouse.lake import lookers
from glasshouse.lake.lookers import Asked, Asker
from glasshouse.lake.store import Lake
from glasshouse.records import Actor
from glasshouse.watch.actors import host_key

DAYS = 90 * 86_400_000_000
MOST = 5  # sentences of one finding


@dataclass(slots=True)
class _Told:
    """What one party asked one database about one asset."""

    views: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    last: int = 0
    techniques: frozenset[str] = frozenset()
    about: set[str] = field(default_factory=set)

    @property
    def lookups(self) -> int:
        """Of an act that several logs saw, each log tells: the one that saw most counts."""
        return max(self.views.values())


def looked_up(
    options: Options, lake: Lake, known: Knowledge, findings: Sequence[Finding], at: int
) -> tuple[Finding, ...]:
    """The findings with ``looked_up``: the last 90 days before a time, and what came after it.

    Counted are lookups of the asset itself, of what holds it and of what stands below it. The lookups are
    read once, whatever the number of findings.
    """
    if not findings or not lookers.any_since(lake, at - DAYS):
        return tuple(findings)
    assets = {_itself(one) for one in findings}
    found = lookers.asked(lake, at - DAYS, {name for one in assets for name in places.names_above(one)})
    if not found:
        return tuple(findings)
    names = _names(options, known, [one.asker for one in found])
    catalogue = load(options.opendbs)
    titles = {name: f"in {one.name}" for name, one in catalogue.databases.items()}
    titles |= {f"tool:{name}": f"with {one.name}" for name, one in catalogue.clients.items()}
    near = _near(found, assets)
    parties = {some: _parties([found[n] for n in some], names) for some in set(near.values())}
    told = {name: parties[some] for name, some in near.items()}
    return tuple(
        replace(one, looked_up=tuple(_sentences(told[_itself(one)], one, titles)))
        if _itself(one) in told
        else one
        for one in findings
    )


def _itself(finding: Finding) -> str:
    return places.itself(finding.about)


def _near(found: Sequence[Asked], assets: Collection[str]) -> dict[str, tuple[int, ...]]:
    """For each asset, which of the lookups are about it, about what holds it or about what is below it."""
    by_target: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(found):
        for target in one.about:
            by_target[target].append(number)
    near: dict[str, set[int]] = defaultdict(set)
    networks = any("/" in one for some in (by_target, assets) for one in some)
    above = places.above if networks else places.names_above  # networks around an address are many
    for target, numbers in by_target.items():
        for name in above(target):
            if name in assets:
                near[name].update(numbers)
    for asset in assets:
        for name in above(asset):
            near[asset].update(by_target.get(name, ()))
    return {name: tuple(sorted(numbers)) for name, numbers in near.items() if numbers}


def _parties(some: Iterable[Asked], names: Mapping[Asker, str]) -> dict[tuple[str, str], _Told]:
    """What each party asked each database."""
    told: dict[tuple[str, str], _Told] = defaultdict(_Told)
    for one in some:
        party = told[names[one.asker], one.asker.database or f"tool:{one.asker.client}"]
        party.views[one.asker.view] += one.lookups
        party.last = max(party.last, one.last)
        party.techniques |= frozenset(one.asker.techniques)
        party.about.update(one.about)
    return told


def _sentences(
    told: Mapping[tuple[str, str], _Told], finding: Finding, titles: Mapping[str, str]
) -> Iterator[str]:
    """Databases of the finding's technique first, then the latest."""
    ordered = sorted(
        told.items(), key=lambda each: (finding.technique not in each[1].techniques, -each[1].last, each[0])
    )
    shown = ordered if len(ordered) <= MOST else ordered[: MOST - 1]
    itself = _itself(finding)
    for (who, where), one in shown:
        day = f"{datetime.fromtimestamp(one.last / 1_000_000, UTC):%Y-%m-%d}"
        number = f"{one.lookups:,} lookup{'' if one.lookups == 1 else 's'}"
        about = "" if itself in one.about else f" about {_some(sorted(one.about))}"
        yield f"{number} by {who} {titles.get(where, f'in {where}')}{about}, last {day}"
    rest = [one for _key, one in ordered[len(shown) :]]
    if rest:
        yield f"{sum(one.lookups for one in rest):,} more lookups in {len(rest):,} other ways"


def _some(values: Sequence[str]) -> str:
    return values[0] + (f" and {len(values) - 1:,} more" if len(values) > 1 else "")


def _names(options: Options, known: Knowledge, askers: Iterable[Asker]) -> dict[Asker, str]:
    """How each asker may be called: account, else machine, else address; covered as the settings say."""
    hide = cover(options)
    actors = {one: Actor(one.user, one.host, one.ip, None, _device(one)) for one in askers}
    for actor in actors.values():
        hide.learn(actor)
    return {one: _name(actor, hide.shown(actor), known) for one, actor in actors.items()}


def _name(actor: Actor, shown: Actor, known: Knowledge) -> str:
    if actor.user:
        return shown.user if shown.user and shown.user != actor.user else known.domains.key(actor.user) or "?"
    machine, covered = actor.device or actor.host, shown.device or shown.host
    if machine and covered:
        return covered if covered != machine else host_key(machine)
    return shown.ip or "somebody unknown"


def _device(one: Asker) -> str | None:
    """The machine that leases named for an address."""
    return one.node[2:] if one.ip and one.node.startswith("1:") else None
