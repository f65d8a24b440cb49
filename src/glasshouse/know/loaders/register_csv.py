"""A CSV of who may look up what in, entries of the use register out: one a row, lists parted by ; or |."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.know import parse_uses
from glasshouse.known import Fact, Use
from glasshouse.records import Trouble

TITLE = "Use register, CSV"
GIVES = ("uses",)
_ALWAYS = {"id", "approved_by", "valid_until", "databases"}


def detect(head: bytes, name: str) -> int:
    """Sure when the header names who approved what until when."""
    header = next((line for line in parse.text(head).splitlines() if line.strip()), "")
    columns = {cell.strip().strip('"').strip().lower() for cell in re.split(r"[,;\t|]", header)}
    return 90 if columns >= _ALWAYS else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One entry a row; columns are named as the fields of an entry. A bad or repeated entry is left out."""
    seen: set[str] = set()
    for line, row in parse.rows(data):
        said = {column: _value(column, cell) for column, cell in row.items() if column}
        found = parse_uses.use(said, f"{name}:{line}")
        if isinstance(found, Use) and found.id in seen:
            found = ("its id is taken by an entry above",)
        if isinstance(found, Use):
            seen.add(found.id)
            yield found
        else:
            yield parse_uses.told(name, line, said, found)


def _value(column: str, cell: str) -> object:
    if column not in parse_uses.LISTS:
        return cell
    return [part.strip() for part in re.split(r"[;|]", cell) if part.strip()]
