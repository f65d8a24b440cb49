"""Change records in, indexed by the names, addresses and hashes they say; the few that may fit out."""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from glasshouse.known import Change
from glasshouse.parse import host_name
from glasshouse.survey.world import registrable

Prefix = tuple[int, int, int]  # IP version, length of the prefix and its leading bits
Key = str | Prefix
MOST = 50  # records that are looked at for one key and time: those that fit first
NEVER = -(1 << 62)
WIDEST = {4: 8, 6: 16}  # shorter prefixes are rules of firewalls, not assets of a change
_HEX = re.compile(r"[0-9a-f]{16,}")
_SAID = re.compile(r"(sha256|serial|issuer)\s*:\s*(.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A change record, its window closed at both ends and its words made quick to compare."""

    change: Change
    low: int | None
    high: int | None
    keys: frozenset[Key]
    hashes: frozenset[str]
    issuers: tuple[str, ...]

    def missed(self, low: int, high: int) -> int | None:
        """Microseconds by which its window misses a span of time; None when it says no time."""
        if self.low is None or self.high is None:
            return None
        return max(0, self.low - high, low - self.high)


def hash_key(said: str) -> str:
    """A serial or hash in one spelling: lower case, without colons and leading zeros."""
    return re.sub(r"[\s:]", "", said).lower().lstrip("0")


@lru_cache(maxsize=65_536)
def keys_above(value: str) -> tuple[Key, ...]:
    """A name and the domains above it up to what is registered, or an address; most exact first."""
    if (at := _network(value)) is not None:
        return (at,)
    name = value.removeprefix("*.")
    top, found = registrable(name), list[Key]([name])
    if top is not None:
        while name != top and "." in name:
            name = name.partition(".")[2]
            found.append(name)
    return tuple(found)


class ChangeBook:
    """All change records; every question costs the logarithm of their number and what it gives."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._hashes: dict[str, list[Record]] = defaultdict(list)
        self._filed: dict[Key, list[Record]] = defaultdict(list)
        self._near: dict[str, list[Record]] = defaultdict(list)  # by registrable domain
        self._lengths: dict[int, set[int]] = {4: set(), 6: set()}
        self._lines: dict[Key, tuple[_Line, _Line]] = {}
        self._domains: dict[str, _Line] = {}
        self.records = 0
        for change in changes:
            self._add(_record(change))

    def _add(self, record: Record) -> None:
        self.records += 1
        for one in record.hashes:
            self._hashes[one].append(record)
        tops = set()
        for key in record.keys:
            self._filed[key].append(record)
            if isinstance(key, tuple):
                self._lengths[key[0]].add(key[1])
            elif top := registrable(key):
                tops.add(top)
        for top in tops:
            self._near[top].append(record)

    def exact(self, hashes: Iterable[str]) -> list[Record]:
        """Records that name a serial or hash; those that are approved first."""
        found = {id(one): one for each in hashes for one in self._hashes.get(hash_key(each), ())}
        return sorted(found.values(), key=lambda one: (not one.change.approved, one.change.id))

    def keys(self, value: str) -> Sequence[Key]:
        """The keys under which records about a name or address may stand, most exact first."""
        found = keys_above(value)
        at = found[0]
        if isinstance(at, str):
            return found
        version, most, bits = at
        lengths = sorted(self._lengths[version], reverse=True)
        return [(version, length, bits >> (most - length)) for length in lengths if length <= most]

    def touching(self, keys: Iterable[Key], low: int, high: int) -> Iterator[Record]:
        """Records under these keys with a window that touches a span of time, at most 50 of each key.

        Key by key, of each the approved ones first.
        """
        for key in keys:
            if key in self._filed:
                for line in self._line(key):
                    yield from islice(line.touching(low, high), MOST)

    def beside(self, keys: Iterable[Key], low: int, high: int) -> Iterator[Record]:
        """Records under these keys that lie next before and next after a span of time."""
        for key in keys:
            if key in self._filed:
                for line in self._line(key):
                    yield from line.beside(low, high)

    def kin(self, name: str, low: int, high: int) -> Iterator[Record]:
        """Records of that time about other names of the same registered domain, a few."""
        top = registrable(name)
        if top is not None and top in self._near:
            if top not in self._domains:
                self._domains[top] = _Line(self._near[top])
            yield from islice(self._domains[top].touching(low, high), 5)

    def _line(self, key: Key) -> tuple[_Line, _Line]:
        if key not in self._lines:
            filed = self._filed[key]
            self._lines[key] = (
                _Line([one for one in filed if one.change.approved]),
                _Line([one for one in filed if not one.change.approved]),
            )
        return self._lines[key]


class _Line:
    """Records in the order of their windows; those without a time are left out."""

    def __init__(self, records: Iterable[Record]) -> None:
        timed = [(one.low, one.high, one) for one in records if one.low is not None and one.high is not None]
        timed.sort(key=lambda one: (one[0], one[1], one[2].change.id))
        self._records = [one for _, _, one in timed]
        self._lows = [low for low, _, _ in timed]
        self._highs = [high for _, high, _ in timed]
        self._ends = sorted(range(len(timed)), key=self._highs.__getitem__)
        self._ended = sorted(self._highs)
        self._leaves = 1 << max(0, len(timed) - 1).bit_length()
        self._latest = _tournament(self._highs, self._leaves)

    def touching(self, low: int, high: int) -> Iterator[Record]:
        """Those that begin by ``high`` and end at ``low`` or later."""
        stop = bisect_right(self._lows, high)
        at = self._next(0, low)
        while at < stop:
            yield self._records[at]
            at = self._next(at + 1, low)

    def beside(self, low: int, high: int) -> Iterator[Record]:
        """The last that ended before ``low``, and the first that begins after ``high``."""
        before, after = bisect_left(self._ended, low), bisect_right(self._lows, high)
        if before:
            yield self._records[self._ends[before - 1]]
        if after < len(self._records):
            yield self._records[after]

    def _next(self, start: int, low: int) -> int:
        """The first record from ``start`` on that ends at ``low`` or later; their number when none does."""
        if start >= len(self._records):
            return len(self._records)
        at = start + self._leaves
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


def _record(change: Change) -> Record:
    times = [one for one in (change.since, change.until) if one is not None]
    keys, hashes, issuers = set[Key](), set[str](), list[str]()
    for said in change.assets:
        word = said.strip()
        if (match := _SAID.fullmatch(word)) is not None:
            if match[1].lower() == "issuer":
                issuers.append(" ".join(match[2].casefold().split()))
            else:
                hashes.add(hash_key(match[2]))
        elif (at := _network(word)) is not None:
            keys.update({at} if at[1] >= WIDEST[at[0]] else ())
        elif _HEX.fullmatch(bare := re.sub(r"[\s:]", "", word).lower()):
            hashes.add(bare.lstrip("0"))
        elif (name := host_name(word)) and ("." not in name or registrable(name)):
            keys.add(name)
    return Record(
        change=change,
        low=min(times, default=None),
        high=max(times, default=None),
        keys=frozenset(keys),
        hashes=frozenset(hashes - {""}),
        issuers=tuple(issuers),
    )


def _network(said: str) -> Prefix | None:
    """An address or network as a key; None for what is neither."""
    if not (":" in said or said[-1:].isdigit()):
        return None
    try:
        network = ipaddress.ip_network(said, strict=False)
    except ValueError:
        return None
    bits = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
    return network.version, network.prefixlen, bits
