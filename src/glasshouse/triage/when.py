"""Conditions as data and a verdict's fields in, whether they hold out: True, False, or None for *not known*.

A condition on a field that is unknown neither holds nor fails, unless it lists ``unknown`` itself. Playbooks
and the decision table both read their conditions here, so both treat missing data the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from glasshouse import leaf
from glasshouse.triage import sheet
from glasshouse.verdicts import Field, Verdict

UNKNOWN = "unknown"
Words = Mapping[str, tuple[str, ...]]  # the fields of a verdict and the values each may have
Values = tuple[tuple[str, tuple[str, ...]], ...]  # a field and the values of it that are meant
Seen = Mapping[str, Field]
MOST_CASES = 20_000


def vocabulary() -> dict[str, tuple[str, ...]]:
    """All fields of a verdict with the values each may have, as their leaves say."""
    return {name.replace("-", "_"): tuple(judge.VALUES) for name, judge in leaf.judges().items()}


def look(verdict: Verdict) -> dict[str, Field]:
    """The fields of a verdict by name."""
    return {field.name: field for field in verdict.fields}


def field(seen: Seen, name: str) -> Field:
    """A field of a verdict; one that nobody judged is unknown."""
    return seen.get(name) or Field(
        name=name,
        value=UNKNOWN,
        says=f"{label(name)} was not judged",
        confidence="none",
        because=f"{label(name)} was not judged",
        would_answer=f"a verdict with the field {name}",
    )


def label(name: str) -> str:
    """A field's name as people read it."""
    return name.replace("_", " ")


def read(place: sheet.Place, words: Words) -> Values:
    """The conditions of one ``when``: fields that exist, and values each may have; raises ConfigError."""
    found = sheet.parts(place, optional=words)
    return tuple((name, sheet.texts(values, words[name])) for name, values in found.items())


def one(name: str, values: Iterable[str], seen: Seen) -> bool | None:
    """Whether one field has one of these values."""
    value = field(seen, name).value
    if value in values:
        return True
    return None if value == UNKNOWN else False


def every(conditions: Iterable[bool | None]) -> bool | None:
    """Whether all hold: one that fails decides, one that is not known leaves it open."""
    open_ = False
    for held in conditions:
        if held is False:
            return False
        open_ = open_ or held is None
    return None if open_ else True


def holds(values: Values, seen: Seen) -> bool | None:
    """Whether all conditions of one ``when`` hold."""
    return every(one(name, allowed, seen) for name, allowed in values)


def unanswered(whens: Iterable[Values], words: Words) -> str:
    """The first case of known values that none of these ``when`` covers, in words; empty when there is none.

    Raises ValueError when there are too many cases to look at.
    """
    whens = tuple(whens)
    names = sorted({name for when in whens for name, _ in when})
    known = [[value for value in words[name] if value != UNKNOWN] for name in names]
    cases = 1
    for values in known:
        cases *= len(values)
    if cases > MOST_CASES:
        raise ValueError(f"{len(names)} fields make {cases} cases, more than {MOST_CASES}")
    for case in product(*known):
        at = dict(zip(names, case, strict=True))
        if not any(all(at[name] in allowed for name, allowed in when) for when in whens):
            return ", ".join(f"{name}: {value}" for name, value in at.items())
    return ""
