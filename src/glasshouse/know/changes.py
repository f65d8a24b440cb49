"""Change records in, indexed once; out, those near a span of time, and by what they bind to it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from glasshouse.know.domains import Domains
from glasshouse.know.ranges import Range, range_of, ranges, within
from glasshouse.known import Change, ChangeCheck

NEVER = -(1 << 63)


@dataclass(frozen=True, slots=True)
class _Record:
    """A change with its window closed at both ends, and its words made quick to compare."""

    low: int
    high: int
    change: Change
    names: frozenset[str]
    machines: frozenset[str]  # first labels: machines are known by them
    networks: tuple[Range, ...]
    requester: str | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an episode is about: its names and all domains above them, its machines, its addresses."""

    above: frozenset[str]
    machines: frozenset[str]
    spans: tuple[Range, ...]


class Changes:
    """Change records by time. A record without any time is near nothing; with one time it is a moment.

    ``near`` costs the logarithm of their number and the records that it gives.
    """

    def __init__(self, changes: Iterable[Change], domains: Domains | None = None) -> None:
        key = (domains or Domains()).key
        records = [found for one in changes if (found := _record(one, key))]
        self._records = sorted(records, key=lambda one: (one.low, one.high, one.change.id, one.change.origin))
        self._lows = [one.low for one in self._records]
        self._leaves = 1 << max(0, len(records) - 1).bit_length()
        self._latest = _tournament([one.high for one in self._records], self._leaves)

    def __len__(self) -> int:
        return len(self._records)

    def all(self) -> tuple[Change, ...]:
        """Every change record that has a time."""
        return tuple(one.change for one in self._records)

    def near(
        self, low: int, high: int, margin: int, names: Collection[str], accounts: Collection[str]
    ) -> tuple[ChangeCheck, ...]:
        """Changes whose window, widened by ``margin`` microseconds, touches ``low`` to ``high``; by time.

        ``binds``: ``asset`` when an asset of the record is one of ``names`` or holds it (a domain the names
        below it, a network its addresses, ``web-1.example.com`` the machine ``web-1``); ``requester`` when
        who asked for the change is one of ``accounts`` (keys). Approval is handed on as the record says it.
        """
        wanted = _wanted(names)
        who = set(accounts)
        return tuple(
            ChangeCheck(one.change, _binds(one, wanted, who))
            for one in self._touching(low - margin, high + margin)
        )

    def _touching(self, low: int, high: int) -> Iterator[_Record]:
        """Records that begin by ``high`` and end at ``low`` or later, in order."""
        stop = bisect_right(self._lows, high)
        at = self._next(0, low)
        while at < stop:
            yield self._records[at]
            at = self._next(at + 1, low)

    def _next(self, start: int, low: int) -> int:
        """The first record from ``start`` on that ends at ``low`` or later; their number when none does."""
        at = start + self._leaves
        if start >= len(self._records):
            return len(self._records)
        while self._latest[at] < low:
            while at & 1:
                at >>= 1  # a right child: what stands right of it begins further up
            if not at:
                return len(self._records)
            at += 1
        while at < self._leaves:
            at = 2 * at if self._latest[2 * at] >= low else 2 * at + 1
        return at - self._leaves


def _tournament(ends: Sequence[int], leaves: int) -> list[int]:
    """A binary tree as a list: node n has the greater of nodes 2n and 2n+1; the leaves hold the ends."""
    tree = [NEVER] * (2 * leaves)
    tree[leaves : leaves + len(ends)] = ends
    for n in range(leaves - 1, 0, -1):
        tree[n] = max(tree[2 * n], tree[2 * n + 1])
    return tree


def _record(change: Change, key: Callable[[str], str | None]) -> _Record | None:
    times = [one for one in (change.since, change.until) if one is not None]
    if not times:
        return None
    words = [word for one in change.assets if (word := one.strip().casefold().rstrip(".").removeprefix("*."))]
    return _Record(
        low=min(times),
        high=max(times),
        change=change,
        names=frozenset(words),
        machines=frozenset(word.partition(".")[0] for word in words if range_of(word) is None),
        networks=ranges(words),
        requester=key(change.requested_by) if change.requested_by else None,
    )


def _wanted(names: Collection[str]) -> _Wanted:
    spans, above, machines = [], set[str](), set[str]()
    for said in names:
        name = said.casefold().rstrip(".").rpartition("@")[2]
        if (span := range_of(said) if _may_be_address(said) else None) is not None:
            spans.append(span)
            continue
        above.add(name)
        if "." not in name:
            machines.add(name)
        while "." in (name := name.partition(".")[2]):
            above.add(name)
    return _Wanted(frozenset(above), frozenset(machines), tuple(spans))


def _may_be_address(said: str) -> bool:
    """Quicker than trying: what is no address of IPv6 and ends in no digit is none."""
    return ":" in said or said.strip()[-1:].isdigit()


def _binds(one: _Record, wanted: _Wanted, accounts: Collection[str]) -> tuple[str, ...]:
    asset = (
        not one.names.isdisjoint(wanted.above)
        or not one.machines.isdisjoint(wanted.machines)
        or (bool(one.networks) and any(within(span, one.networks) for span in wanted.spans))
    )
    requester = one.requester is not None and one.requester in accounts
    return ("asset",) * asset + ("requester",) * requester
