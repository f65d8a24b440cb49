"""Names that clients asked for in; out the alerts of a plain list match, as a SIEM's indicator list gives.

The naive rule: a record whose name holds a name of the list anywhere in it is a hit. No label boundary, no
knowledge, no count. One hit raises an alert at once and keeps quiet about the same client for the rest of
that hour, as list rules are throttled in practice: one alert a record would be thousands, which nobody would
leave on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from glasshouse.proof.measure_truth import Alarm, Databases, named

TITLE = "a list of host names, matched anywhere in the name; one alert a client and hour"
HOUR = 3600 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A name that a client asked for, as one record of a log shows it."""

    time: int
    name: str
    user: str | None = None
    host: str | None = None
    ip: str | None = None

    @property
    def client(self) -> str:
        """What the log calls the client first: its address, else its machine, else its account."""
        return self.ip or self.host or self.user or ""


def listed(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds any name of the list anywhere."""
    return re.compile("|".join(re.escape(name) for name in sorted(set(names))) or "(?!)", re.IGNORECASE)


def alarms(asked: Iterable[Asked], names: re.Pattern[str], databases_of: Databases) -> Iterator[Alarm]:
    """One alarm per client and hour of the clock that asked for a listed name."""
    groups: dict[tuple[int, str], list[Asked]] = defaultdict(list)
    for one in asked:
        if names.search(one.name):
            groups[one.time // HOUR, one.client].append(one)
    for _, some in sorted(groups.items()):
        yield _alarm(some, databases_of)


def _alarm(some: Sequence[Asked], databases_of: Databases) -> Alarm:
    times = [one.time for one in some]
    found = {name: databases_of(name) for name in sorted({one.name for one in some})}
    return Alarm(
        detector="list",
        names=named([one.user for one in some], [one.host for one in some], [one.ip for one in some]),
        first=min(times),
        last=max(times),
        fired=min(times),
        databases=frozenset(one for some in found.values() for one in some),
        unmatched=tuple(name for name, some in found.items() if not some),
        says=f"{len(times)} records name {', '.join(list(found)[:5])}",
    )
