"""Behaviours and an estate in; which machines play each of them, and when, out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glasshouse.contracts_proof import Behaviour
from glasshouse.proof.clock import DAY, HOUR, MINUTE, stream, weekday
from glasshouse.proof.estate import Estate, Machine

WHENS = ("work", "night", "any", "weeks", "daily", "nightly")
_PEOPLE = ("direct", "proxy", "inspect")
_INSTEAD = {  # where an estate has no such seat
    **dict.fromkeys(_PEOPLE, ("direct",)),
    **dict.fromkeys(("linux", "server", "winserver"), ("server", "direct")),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """One act to be played: an id, who plays, who else is at hand, when, with which random numbers."""

    id: str
    behaviour: Behaviour
    name: str
    machine: Machine
    others: tuple[Machine, ...]
    start: int
    days: int  # from the start to the end of the corpus
    rng: random.Random


def cast(behaviours: Mapping[str, Behaviour], estate: Estate, seed: str, days: int) -> Iterator[Cast]:
    """Every act of a corpus; each behaviour draws from random numbers of its own."""
    work = [at for at in range(days) if weekday(estate.start + at * DAY) < 5] or [0]
    for name, leaf in behaviours.items():
        each = len(work) if leaf.WHEN in ("daily", "nightly") else 1
        for number in range(leaf.COUNT * each):
            rng = stream(seed, "act", name, number)
            day = work[number % each] if each > 1 else _day(leaf.WHEN, work, rng)
            start = estate.start + day * DAY + _clock(leaf.WHEN, rng)
            machine = _machine(estate, leaf.SEATS[number % len(leaf.SEATS)], rng)
            others = [_machine(estate, seat, rng) for seat in _PEOPLE]
            if machine is not None:
                named = tuple(one for one in others if one is not None)
                yield Cast(f"{name}-{number + 1}", leaf, name, machine, named, start, days - day, rng)


def _day(when: str, work: list[int], rng: random.Random) -> int:
    """A working day; what takes weeks begins in the first days."""
    return rng.choice(work[: max(1, len(work) // 5)] if when == "weeks" else work)


def _clock(when: str, rng: random.Random) -> int:
    """A time of day: working hours end before the evening, nights begin after it."""
    if when in ("night", "nightly"):
        return rng.choice((0, 1, 2, 3, 4, 20, 21, 22)) * HOUR + rng.randrange(HOUR)
    if when == "any":
        return rng.randrange(23 * HOUR)
    if when == "weeks":
        return 7 * HOUR + rng.randrange(30 * MINUTE)
    return 8 * HOUR + rng.randrange(8 * HOUR)


def _machine(estate: Estate, seat: str, rng: random.Random) -> Machine | None:
    """A machine of a kind of seat; an ordinary one where a small estate has none, but no role is lent."""
    kinds = (seat, *_INSTEAD.get(seat, ()))
    found = next((estate.seats[kind] for kind in kinds if kind in estate.seats), ())
    return rng.choice(found) if found else None
