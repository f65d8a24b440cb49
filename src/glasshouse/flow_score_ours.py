"""The logs and the knowledge of a corpus in; out what this program raises about them, and why not more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from glasshouse import flow_detect, settings
from glasshouse.acts import Act
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.flow_lake import ingest
from glasshouse.flow_triage import judged_alerts, triage
from glasshouse.proof.measure_truth import Alarm, named, names_of
from glasshouse.records import LEVELS, Lookup, Trouble
from glasshouse.verdicts import Triaged
from glasshouse.watch.detect import RuleSet, load_rules
from glasshouse.watch.detect import detect as judge
from glasshouse.watch.detect.score import LEVEL_POINTS
from glasshouse.watch.toolsets import of_catalogue

RAISED = ("l1-review", "escalate-t2", "contain")  # decisions that reach a person
MEDIUM = "medium"
MARGIN = 5 * 60 * 1_000_000
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one run over some logs saw: the lookups, and every alert as triage judged it."""

    lookups: tuple[Lookup, ...]
    judged: tuple[Triaged, ...]
    replay: Replay
    troubles: tuple[Trouble, ...] = ()


def run(paths: Sequence[str], settings_file: Path | None, progress: Progress = lambda _said: None) -> Seen:
    """Ingest, detect and triage in a home folder of its own, which is gone afterwards."""
    with TemporaryDirectory(prefix="glasshouse-score-") as folder:
        home = Path(folder)
        options = Options(home=home, settings=settings.load(home, settings_file), settings_file=settings_file)
        read = ingest(paths, options, final=True, progress=progress)
        flow_detect.detect(options, progress=progress)
        done = triage(options, progress=progress)
        judged, _cases = judged_alerts(options)
        lookups = flow_detect.lookups(options)
    return Seen(tuple(lookups), tuple(judged), Replay(lookups), (*read.tally.troubles, *done.troubles))


def raised(seen: Seen) -> list[Alarm]:
    """The alerts that triage hands to a person."""
    return [_alarm("ours", one, seen) for one in seen.judged if one.decision.name in RAISED]


def by_rules(seen: Seen) -> list[Alarm]:
    """The alerts of level medium and above, as rules alone give them."""
    least = LEVELS.index(MEDIUM)
    return [_alarm("rules", one, seen) for one in seen.judged if LEVELS.index(one.alert.level) >= least]


def _alarm(detector: str, one: Triaged, seen: Seen) -> Alarm:
    alert = one.alert
    names = _names(one)
    rules = ", ".join(points.rule for points in alert.points if points.points)
    return Alarm(
        detector=detector,
        names=names,
        first=alert.first_seen,
        last=alert.last_seen,
        fired=seen.replay.fired(names, alert.first_seen, alert.last_seen, alert.score),
        databases=frozenset(alert.databases),
        says=f"{one.decision.name} ({one.decision.row}), score {alert.score}: {rules}",
    )


def _names(one: Triaged) -> frozenset[str]:
    episode, actor = one.episode, one.alert.actor
    return named((*episode.accounts, actor.user), (*episode.hosts, actor.host), (*episode.ips, actor.ip))


class Replay:
    """The lookups of one run by who made them, to tell when an alert could be raised first."""

    def __init__(self, lookups: Iterable[Lookup]) -> None:
        self.rules: RuleSet = load_rules()
        self.sets: Mapping[str, frozenset[str]] = of_catalogue(load())
        self._by_name: dict[str, list[tuple[int, Lookup]]] = defaultdict(list)
        for number, lookup in enumerate(lookups):
            actor = lookup.actor
            for name in named([actor.user], [actor.device or actor.host], [actor.ip]):
                self._by_name[name].append((number, lookup))

    def of(self, names: Iterable[str], first: int, last: int) -> list[Lookup]:
        """The lookups of an actor in a time, in order."""
        near = {
            number: lookup
            for name in names
            for number, lookup in self._by_name.get(name, ())
            if first <= lookup.time <= last
        }
        return [near[number] for number in sorted(near)]

    def fired(self, names: Iterable[str], first: int, last: int, score: int) -> int:
        """The time of the lookup with which the score reached medium, or its final value if that is less.

        Lookups never lower a score, so the fewest that reach it are found by halving.
        """
        found = self.of(names, first, last)
        if not found:
            return last
        least = min(score, LEVEL_POINTS[MEDIUM], self._score(found))
        low, high = 1, len(found)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self._score(found[:middle]) >= least else (middle + 1, high)
        return found[low - 1].time

    def _score(self, lookups: Sequence[Lookup]) -> int:
        alerts, _statuses = judge(lookups, self.rules, self.sets)
        return max((alert.score for alert in alerts), default=0)


def why_missed(seen: Seen, act: Act) -> str:
    """What the logs showed of an act that nothing was raised about."""
    names = names_of(act)
    found = seen.replay.of(names, act.start - MARGIN, act.end + MARGIN)
    about = [one for one in found if one.database in act.databases or one.database is None]
    if not about:
        return "no record of it became a lookup of its actor"
    views = ", ".join(sorted({one.view for one in about}))
    targets = sum(bool(one.targets) for one in about)
    said = f"{len(about)} lookups ({views}), {targets} with a target"
    near = [
        one
        for one in seen.judged
        if _names(one) & names
        and one.alert.first_seen <= act.end + MARGIN
        and one.alert.last_seen >= act.start - MARGIN
    ]
    if not near:
        return f"{said}; no rule fired"
    best = max(near, key=lambda one: (one.alert.score, one.alert.id))
    if best.decision.name in RAISED:
        who = ", ".join(sorted(_names(best) & names))
        return f"{said}; only in an alert on {who} that goes on long before or after it"
    rules = ", ".join(points.rule for points in best.alert.points)
    return f"{said}; score {best.alert.score} by {rules}; decided {best.decision.name} ({best.decision.row})"
