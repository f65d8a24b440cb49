"""Acts, and the alarms of one detector with one visibility, in; precision, recall and all other figures out.

* recall: incidents (malicious acts) that an alarm leads to, of all that some log of the visibility shows.
* precision: alarms about an incident, of all alarms; authorised use, benign life and look-alikes are false.
* alarms per incident: mean over the incidents found of the alarms that lead to each.
* seconds to detect: from the act's first record to the moment the first alarm about it could be raised.
* alarms per analyst-day: alarms a calendar day that one analyst reads who answers for ``STAFF`` people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median

from glasshouse.acts import Act
from glasshouse.proof.measure_match import Index, finds, label_of
from glasshouse.proof.measure_truth import Alarm, seen_in

STAFF = 500
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one behaviour: its acts that the logs show, those found, and the alarms about them."""

    label: str
    shown: int = 0
    found: int = 0
    alarms: int = 0
    median_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """One incident that no alarm is about, and why."""

    act: Act
    why: str = ""


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """One alarm that is about no incident: what it is about instead."""

    alarm: Alarm
    label: str
    about: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one detector did with the logs of one visibility; None: nothing to divide by."""

    detector: str
    visibility: str
    ran: bool = True  # False: none of these logs is of the kind it reads
    incidents: int = 0
    found: int = 0
    recall: float | None = None
    alarms: int = 0
    true: int = 0
    precision: float | None = None
    alarms_per_incident: float | None = None
    labels: tuple[tuple[str, int], ...] = ()  # alarms by what they are about
    median_seconds: float | None = None
    p95_seconds: float | None = None
    per_analyst_day: float | None = None
    behaviours: tuple[tuple[str, Part], ...] = ()
    misses: tuple[Miss, ...] = ()
    false: tuple[FalseAlarm, ...] = field(default=(), repr=False)

    def labelled(self, label: str) -> int:
        """How many alarms are about acts of a label."""
        return dict(self.labels).get(label, 0)


@dataclass(frozen=True, slots=True)
class Estate:
    """How large the estate of the corpus is."""

    people: int = 0
    days: float = 0.0


def measure(
    acts: Sequence[Act],
    alarms: Iterable[Alarm],
    kinds: Sequence[str],
    estate: Estate = Estate(),
    detector: str = "",
    visibility: str = "",
) -> Figures:
    """The figures of one detector; the order of acts and alarms does not matter."""
    raised = sorted(alarms, key=_in_order)
    index = Index(acts)
    about = [tuple(index.about(alarm)) for alarm in raised]
    labels = [label_of(some) for some in about]
    of_act = _by_act(raised, about)
    incidents = [act for act in acts if act.label == "malicious" and seen_in(act, kinds)]
    others = [act for act in acts if act.label != "malicious"]  # of a look-alike no record names a database
    found = [act for act in incidents if of_act[act.id]]
    waits = [_seconds(act, of_act[act.id]) for act in found]
    true = labels.count("malicious")
    return Figures(
        detector=detector,
        visibility=visibility,
        incidents=len(incidents),
        found=len(found),
        recall=_share(len(found), len(incidents)),
        alarms=len(raised),
        true=true,
        precision=_share(true, len(raised)),
        alarms_per_incident=_share(sum(len(of_act[act.id]) for act in found), len(found)),
        labels=tuple(sorted(Counter(labels).items())),
        median_seconds=median(waits) if waits else None,
        p95_seconds=_percentile(waits, 95),
        per_analyst_day=_per_analyst_day(len(raised), estate),
        behaviours=tuple(_behaviours([*incidents, *others], of_act)),
        misses=tuple(Miss(act) for act in sorted(incidents, key=lambda act: act.id) if not of_act[act.id]),
        false=tuple(
            FalseAlarm(alarm, label, some)
            for alarm, label, some in zip(raised, labels, about, strict=True)
            if label != "malicious"
        ),
    )


def _in_order(one: Alarm) -> tuple[int, int, int, list[str], list[str], tuple[str, ...], str]:
    return one.first, one.last, one.fired, sorted(one.names), sorted(one.databases), one.unmatched, one.says


def _by_act(raised: Sequence[Alarm], about: Sequence[Sequence[Act]]) -> dict[str, list[Alarm]]:
    """The alarms that lead to each act, by its id; none for others."""
    found: dict[str, list[Alarm]] = defaultdict(list)
    for alarm, some in zip(raised, about, strict=True):
        for act in some:
            if finds(alarm, act):
                found[act.id].append(alarm)
    return found


def _behaviours(shown: Sequence[Act], of_act: dict[str, list[Alarm]]) -> Iterable[tuple[str, Part]]:
    grouped: dict[str, list[Act]] = defaultdict(list)
    for act in shown:
        grouped[act.behaviour].append(act)
    for name, some in sorted(grouped.items()):
        found = [act for act in some if of_act[act.id]]
        waits = [_seconds(act, of_act[act.id]) for act in found]
        alarms = {id(alarm) for act in found for alarm in of_act[act.id]}
        yield name, Part(label_of(some), len(some), len(found), len(alarms), median(waits) if waits else None)


def _seconds(act: Act, alarms: Sequence[Alarm]) -> float:
    """From the first record of an act to the first moment an alarm about it could be raised."""
    return max(0, min(alarm.fired for alarm in alarms) - act.start) / SECOND


def _share(some: float, of: int) -> float | None:
    return some / of if of else None


def _percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that so many percent do not exceed (nearest rank)."""
    return sorted(values)[ceil(percent / 100 * len(values)) - 1] if values else None


def _per_analyst_day(alarms: int, estate: Estate) -> float | None:
    if not (estate.people and estate.days):
        return None
    return alarms / estate.days / (estate.people / STAFF)
