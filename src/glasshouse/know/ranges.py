"""Addresses and networks as texts in; ranges of whole numbers out, quick to compare."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

Range = tuple[int, int, int]  # version, first address, last address


@lru_cache(maxsize=65_536)
def range_of(said: str) -> Range | None:
    """An address or network, host bits cut off; None when it is neither."""
    try:
        found = ipaddress.ip_network(said.strip(), strict=False)
    except ValueError:
        return None
    return found.version, int(found.network_address), int(found.broadcast_address)


def ranges(said: Iterable[str]) -> tuple[Range, ...]:
    """Those that are addresses or networks."""
    return tuple(found for one in said if (found := range_of(one)))


def within(inner: Range | None, outer: Iterable[Range]) -> bool:
    """Whether one of ``outer`` holds all of ``inner``."""
    return inner is not None and any(
        version == inner[0] and low <= inner[1] and inner[2] <= high for version, low, high in outer
    )


def below(name: str, names: frozenset[str] | set[str]) -> bool:
    """Whether a name is one of ``names`` or stands below one, label by label."""
    while name not in names:
        _, dot, name = name.partition(".")
        if not dot:
            return False
    return True
