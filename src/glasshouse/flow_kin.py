"""Uses of API keys in; out whose alerts they may change, and the lookups of others with the same keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from glasshouse.lake import facts, state
from glasshouse.lake.columns import Stored
from glasshouse.lake.parquet import Place, Query, Reach
from glasshouse.lake.state import Dirty
from glasshouse.lake.store import Lake

Apart = Mapping[str, float]


def kin(lake: Lake, keys: Mapping[str, Sequence[int]], span: int, apart: Apart | None) -> Iterator[Dirty]:
    """Who used keys not long before or after some times, whenever that can matter to a rule.

    ``apart`` says, per field, how many different values a key must have before any rule that joins by keys
    can find anything: with fewer in reach, one more lookup changes nothing but itself.
    """
    if not keys or not span:
        return
    reaches = [
        (key, low - span, high + span) for key, times in keys.items() for low, high in _runs(times, span)
    ]
    for places in _by_key(lake, reaches).values():
        if _matters(places, apart):
            for place in places:
                yield Dirty(state.key_of(lake.db, place.node, place.time), place.time, place.time)


def _by_key(lake: Lake, reaches: Sequence[Reach]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for place in facts.places(lake, Query(keys=reaches)):
        found[place.key or ""].append(place)
    return found


def _matters(places: Sequence[Place], apart: Apart | None) -> bool:
    """Whether a key has enough values of any field; spellings of one account count each, to be safe."""
    return apart is None or any(
        len({getattr(place, field) for place in places} - {None}) >= need for field, need in apart.items()
    )


def _runs(times: Sequence[int], gap: int) -> Iterator[tuple[int, int]]:
    """First and last of times that lie no further apart than ``gap``."""
    ordered = sorted(times)
    low = high = ordered[0]
    for time in ordered[1:]:
        if time - high > gap:
            yield low, high
            low = time
        high = time
    yield low, high


def with_kin(lake: Lake, own: list[Stored], span: int, apart: Apart | None) -> list[Stored]:
    """Some lookups, and those that used one of their keys in reach of them and of one another.

    Not those of keys about which no rule can find anything: most keys are of one actor.
    """
    used: dict[str, list[int]] = {}
    for stored in own:
        if stored.lookup.key_fingerprint:
            used.setdefault(stored.lookup.key_fingerprint, []).append(stored.lookup.time)
    if not used or not span:
        return own
    near = [(key, min(at) - span, max(at) + span) for key, at in used.items()]
    wanted = [
        (key, min(used[key]) - 2 * span, max(used[key]) + 2 * span)
        for key, places in _by_key(lake, near).items()
        if _matters(places, apart)
    ]
    if not wanted:
        return own
    more = facts.load(lake, Query(keys=wanted))
    return list({stored.uid: stored for stored in [*own, *more]}.values())
