"""Alarms and acts in; out, per alarm, the acts it is about, however either list is ordered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from glasshouse.acts import Act
from glasshouse.proof.measure_truth import Alarm, named, names_of

SLACK = 5 * 60 * 1_000_000  # clocks differ, and logs are written when a connection ends
NEAR = 3600 * 1_000_000
# An alarm that is about several acts counts as the gravest of them.
GRAVITY = ("malicious", "lookalike", "authorised", "benign")


class Index:
    """Acts by the names of who did them."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self._by_name: dict[str, list[Act]] = defaultdict(list)
        for act in acts:
            for name in names_of(act):
                self._by_name[name].append(act)

    def about(self, alarm: Alarm) -> list[Act]:
        """The acts an alarm is about, by id: same actor, overlapping time, a database in common."""
        near = {act.id: act for name in alarm.names for act in self._by_name.get(name, ())}
        return [near[name] for name in sorted(near) if is_about(alarm, near[name])]


def is_about(alarm: Alarm, act: Act) -> bool:
    """Whether an alarm is about an act.

    An act that asked no database (a look-alike) is what an alarm is about when that took a name for a
    database that is none. An alarm that names neither (the run of a tool) is told by actor and time.
    """
    return _same_actor(alarm, act) and _fits(alarm, act)


def _same_actor(alarm: Alarm, act: Act) -> bool:
    """Whether they name the same one; an address alone does not where both name machines, and others.

    Addresses are given to one machine after another: over weeks two of them had it.
    """
    shared = alarm.names & names_of(act)
    own = named((), (), act.ips)
    if not shared or shared - own:
        return bool(shared)
    machines = named((), act.hosts, ())
    return not (machines and any(name.startswith("host ") for name in alarm.names))


def _fits(alarm: Alarm, act: Act) -> bool:
    asked = frozenset(act.databases)
    if not _overlap(alarm, act):
        return False
    if alarm.databases & asked:
        return True
    if not asked:
        return bool(alarm.unmatched) or not alarm.databases
    return not alarm.databases and not alarm.unmatched


def finds(alarm: Alarm, act: Act) -> bool:
    """Whether an alarm that is about an act also leads to it.

    An alarm on a gateway or proxy does only when it is of that time: an alert of weeks on a machine through
    which everybody goes tells nobody about one act.
    """
    own = named(act.users, act.hosts, act.ips)
    return bool(alarm.names & own) or (alarm.first >= act.start - NEAR and alarm.last <= act.end + NEAR)


def _overlap(alarm: Alarm, act: Act) -> bool:
    return alarm.first <= act.end + SLACK and alarm.last >= act.start - SLACK


def label_of(about: Sequence[Act]) -> str:
    """What an alarm is: the gravest label of the acts it is about, or ``unmatched``."""
    labels = {act.label for act in about}
    return next((label for label in GRAVITY if label in labels), "unmatched")
