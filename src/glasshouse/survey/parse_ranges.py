"""Toolbox of range collectors: address ranges as providers list them in, ranges in one spelling out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.observed import Range
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import MOST

_WIDEST_V4, _WIDEST_V6 = 8, 16  # prefix lengths
Role = Literal["cdn", "waf", "cloud", "scanner"]


def ranges(where: str, entries: Iterable[object], provider: str, role: Role) -> Iterator[Range | Trouble]:
    """A range for each entry, each once; an address is a range of one. An entry that is none is told."""
    seen = set()
    for place, one in enumerate(entries, 1):
        cidr = _network(one) if isinstance(one, str) else None
        if place > MOST:
            yield Trouble(where, place, f"more than {MOST:,} entries: the rest is not read")
            return
        if cidr is None:
            yield Trouble(where, place, f"an entry of {provider} is no address range")
        elif cidr not in seen:
            seen.add(cidr)
            yield Range(cidr=cidr, provider=provider, role=role)


def _network(said: str) -> str | None:
    """A range in one spelling; None for what no provider can have: such a range would hold everybody."""
    cidr = parse.network(said)
    if cidr is None:
        return None
    widest = _WIDEST_V6 if ":" in cidr else _WIDEST_V4
    return cidr if int(cidr.rpartition("/")[2]) >= widest else None


def text_lines(body: bytes) -> list[str]:
    """The lines of a plain list, without empty ones and comments; Malformed when not one is a range.

    A provider without any range is never true, so an empty list is no answer either.
    """
    rows = [row.strip() for row in parse.text(body).splitlines()]
    found = [row for row in rows if row and not row.startswith("#")]
    if not any(parse.network(row) for row in found):
        raise Malformed("not a list of address ranges")
    return found


def listed(said: object, what: str) -> list[object]:
    """A list of ranges in an answer; Malformed when it is none, or empty."""
    if not isinstance(said, list) or not said:
        raise Malformed(f"{what} is no list of address ranges")
    return said
