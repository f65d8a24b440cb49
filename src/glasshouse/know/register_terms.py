"""Entries of the use register in; out, those that may be taken, those that may not, those never used."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from glasshouse.know.parse_when import DAY
from glasshouse.known import Use
from glasshouse.records import Trouble

NEXT = "mend the entry, or have a new one approved"


def loadable(use: Use, now: int, longest_days: int) -> tuple[str, ...]:
    """What forbids to take an entry into the register; empty when nothing does. An expired entry may stay."""
    who = (use.accounts, use.roles, use.departments, use.groups, use.hosts, use.networks, use.keys)
    missing = [
        ("id", use.id.strip()),
        ("purpose", use.purpose.strip()),
        ("approved_by", use.approved_by.strip()),
        ("who", any(who)),
        ("databases", use.databases),
        ("targets", use.targets),
    ]
    problems = [f"no {name}" for name, value in missing if not value]
    if use.valid_until <= use.valid_from:
        problems.append("valid_until is not after valid_from")
    if use.valid_until - use.valid_from > longest_days * DAY:
        problems.append(f"valid for longer than {longest_days} days")
    if use.valid_from - now > longest_days * DAY:
        problems.append(f"begins more than {longest_days} days from now")
    return tuple(problems)


def admitted(
    uses: Iterable[Use], now: int, longest_days: int, databases: Collection[str] = ()
) -> tuple[tuple[Use, ...], tuple[Trouble, ...]]:
    """The entries that may be taken, and what is wrong with the others; of one id the first is taken.

    With ``databases``, the ids of the catalogue, an entry that names an unknown one is told, and taken.
    """
    taken: dict[str, Use] = {}
    troubles: list[Trouble] = []
    for use in uses:
        problems = loadable(use, now, longest_days)
        if use.id in taken:
            problems += (f"its id is taken by {taken[use.id].origin or 'another entry'}",)
        if problems:
            troubles.append(_trouble(use, f"left out: {'; '.join(problems)}"))
            continue
        taken[use.id] = use
        if nobody := idle(use):
            troubles.append(_trouble(use, f"can cover nobody by {', '.join(nobody)}: no wildcards there"))
        strange = [one for one in use.databases if databases and not _known(one, databases)]
        if strange:
            troubles.append(_trouble(use, f"no open database is called {', '.join(strange[:3])}"))
    return tuple(taken.values()), tuple(troubles)


def idle(use: Use) -> tuple[str, ...]:
    """The words of an entry by which it can name nobody: wildcards, which only databases and targets take."""
    names = ("accounts", "roles", "departments", "groups", "hosts", "networks", "keys")
    said = ((name, word) for name in names for word in getattr(use, name))
    return tuple(f"{name} {word!r}" for name, word in said if "*" in word)


def unused(uses: Iterable[Use], seen_ids: Collection[str]) -> tuple[Use, ...]:
    """The entries that no check has named so far, in order of their ids."""
    return tuple(sorted((use for use in uses if use.id not in seen_ids), key=lambda use: use.id))


def _known(word: str, databases: Collection[str]) -> bool:
    return word == "*" or word in databases or word[:1] == "T"


def _trouble(use: Use, reason: str) -> Trouble:
    file, _, line = use.origin.rpartition(":")
    place = (file, int(line)) if file and line.isdecimal() and line.isascii() else (use.origin, None)
    return Trouble(place[0] or "use register", place[1], f"entry {use.id} of the use register {reason}", NEXT)
