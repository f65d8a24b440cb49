"""Networks and addresses in; out, for any address or network, which of them hold it or lie inside it.

One dictionary per prefix length, from the network's leading bits to what was filed under it: an address is
found in as many steps as there are different lengths, whatever the number of networks.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from glasshouse.known import Asset

BITS = {4: 32, 6: 128}
SAME = 16  # assets that are kept for one value
K = TypeVar("K")


class Prefix(NamedTuple):
    """A network as numbers: the IP version, the length, and its leading bits."""

    version: int
    length: int
    bits: int


def prefix(said: str) -> Prefix | None:
    """An address or network as numbers, host bits cut off; None for what is neither."""
    try:
        if "/" not in said:
            address = ipaddress.ip_address(said)
            return Prefix(address.version, address.max_prefixlen, int(address))
        network = ipaddress.ip_network(said, strict=False)
    except ValueError:
        return None
    left = network.max_prefixlen - network.prefixlen
    return Prefix(network.version, network.prefixlen, int(network.network_address) >> left)


class Prefixes:
    """Assets by network. ``add`` first, ask then."""

    def __init__(self) -> None:
        self._filed: dict[int, dict[int, dict[int, Asset | tuple[Asset, ...]]]] = {4: {}, 6: {}}
        self._lengths: dict[int, list[int]] = {4: [], 6: []}  # longest first
        self._starts: dict[int, list[tuple[int, int]]] = {}  # first address and length, in order

    def __bool__(self) -> bool:
        return any(self._lengths.values())

    def add(self, asset: Asset) -> bool:
        """File an asset of type ip or cidr; False when its value is neither."""
        at = prefix(asset.value)
        if at is None:
            return False
        by_length = self._filed[at.version]
        if at.length not in by_length:
            by_length[at.length] = {}
            self._lengths[at.version] = sorted(by_length, reverse=True)
        file(by_length[at.length], at.bits, asset)
        self._starts.clear()
        return True

    def found(self, said: str) -> Iterator[Asset]:
        """Those that hold an address or network, longest prefix first, then those that lie inside it."""
        at = prefix(said)
        if at is None:
            return
        by_length = self._filed[at.version]
        for length in self._lengths[at.version]:
            if length <= at.length:
                filed = by_length[length].get(at.bits >> (at.length - length))
                if filed is not None:
                    yield from (filed,) if isinstance(filed, Asset) else filed
        if at.length < BITS[at.version]:
            yield from self._inside(at)

    def _inside(self, at: Prefix) -> Iterator[Asset]:
        most = BITS[at.version]
        starts = self._ordered(at.version)
        end = (at.bits + 1) << (most - at.length)
        position = bisect_left(starts, (at.bits << (most - at.length), at.length + 1))
        while position < len(starts) and starts[position][0] < end:
            first, length = starts[position]
            filed = self._filed[at.version][length][first >> (most - length)]
            yield from (filed,) if isinstance(filed, Asset) else filed
            position += 1

    def _ordered(self, version: int) -> list[tuple[int, int]]:
        if version not in self._starts:
            most = BITS[version]
            self._starts[version] = sorted(
                (bits << (most - length), length)
                for length, filed in self._filed[version].items()
                for bits in filed
            )
        return self._starts[version]


def file(index: dict[K, Asset | tuple[Asset, ...]], key: K, asset: Asset) -> None:
    """Put an asset under a key; one that says the same as another there is left out, and the 17th."""
    there = index.get(key)
    if there is None:
        index[key] = asset
        return
    every = there if isinstance(there, tuple) else (there,)
    if len(every) < SAME and not any(_same(asset, one) for one in every):
        index[key] = (*every, asset)


def _same(one: Asset, other: Asset) -> bool:
    """Whether two assets say the same, whatever their origin."""
    return (
        one.type == other.type
        and one.value == other.value
        and one.owner == other.owner
        and one.environment == other.environment
        and one.criticality == other.criticality
    )
