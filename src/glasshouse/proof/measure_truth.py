"""What detectors raise, and acts, in; out the names by which both can be compared.

Times are integers, microseconds since 1970-01-01T00:00:00Z. ``VISIBILITIES`` says which kinds of log of a
corpus stand for which view of the estate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from glasshouse.acts import KINDS, Act
from glasshouse.parse import account, address, machine

Databases = Callable[[str], frozenset[str]]  # a name or URL: the open databases it really leads to
VISIBILITIES: Mapping[str, tuple[str, ...]] = {
    "dns": ("resolver",),
    "sni": ("nids", "flow"),
    "url": ("proxy",),
    "endpoint": ("endpoint",),
    "all": KINDS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alert of one detector.

    ``fired`` is when the detector could have told it first; ``databases`` are catalogue ids, empty where the
    alert names none; ``unmatched`` are names it took for a database that are none by the catalogue.
    """

    detector: str
    names: frozenset[str]
    first: int
    last: int
    fired: int
    databases: frozenset[str] = frozenset()
    unmatched: tuple[str, ...] = ()
    says: str = ""


def seen_in(act: Act, kinds: Sequence[str]) -> int:
    """How many records of these kinds of log show an act."""
    return sum(act.seen.get(kind, 0) for kind in kinds)


def names_of(act: Act) -> frozenset[str]:
    """Who did it, as any log may call them; who is behind a gateway is known by its address, too."""
    return named(act.users, act.hosts, (*act.ips, *act.behind))


def named(
    users: Iterable[str | None], hosts: Iterable[str | None], ips: Iterable[str | None]
) -> frozenset[str]:
    """Accounts, machines and addresses in the spelling in which all logs meet, each kind by itself."""
    found = {f"user {name}" for one in users if one and (name := account(one))}
    found |= {f"host {name}" for one in hosts if one and (name := machine(one))}
    found |= {f"ip {address(one) or one.lower()}" for one in ips if one}
    return frozenset(found)
