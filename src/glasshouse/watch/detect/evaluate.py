"""A plan tree and a table of rows in; out one byte per row, 1 where the tree is true."""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping
from typing import Any as Anything

import re2

from glasshouse.watch.detect.plan import All, Node, Not, Op, Refers, Test
from glasshouse.watch.enrich import Rows

Value = Anything  # of one field in one row
Check = Callable[[Value], bool]

_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "contains": operator.contains,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_NUMBER: Mapping[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "neq": operator.ne,
}


def flags(rows: Rows, node: Node) -> bytes:
    """One byte per row: 1 where the tree holds, else 0."""
    if isinstance(node, Test):
        return _test(rows, node)
    size = len(rows)
    ones = int.from_bytes(b"\x01" * size, "little")
    if isinstance(node, Not):
        return (int.from_bytes(flags(rows, node.part), "little") ^ ones).to_bytes(size, "little")
    if isinstance(node, Refers):
        raise TypeError("a reference to a rule holds for windows, not for rows")
    joined = ones if isinstance(node, All) else 0
    for part in node.parts:
        here = int.from_bytes(flags(rows, part), "little")
        joined = joined & here if isinstance(node, All) else joined | here
    return joined.to_bytes(size, "little")


def _test(rows: Rows, test: Test) -> bytes:
    column = rows.column(test.field)
    if test.op.startswith("field_"):
        return _compare_fields(test.op, column, rows.column(str(test.value)))
    check = element_check(test)
    coded = rows.coded(test.field)
    if coded is not None:
        values, numbers = coded
        return numbers.translate(bytes(holds(check, test.op, value) for value in values).ljust(256, b"\0"))
    table = {value: holds(check, test.op, value) for value in set(column)}
    return bytes(map(table.__getitem__, column))


def holds(check: Check, op: Op, value: Value) -> bool:
    """Whether one field value passes; a list passes when any element does; absent is false."""
    absent = value is None or value == () or value == ""
    if op in ("null", "absent"):
        return absent
    if op == "exists":
        return not absent
    if absent:
        return False
    return any(map(check, value)) if isinstance(value, tuple) else check(value)


def element_check(test: Test) -> Check:
    """A function from one non-null element to bool."""
    op, wanted = test.op, test.value
    if op in ("null", "absent", "exists"):
        return lambda _: True
    if op == "re":
        pattern = re2.compile(str(wanted))
        return lambda value: pattern.search(str(value)) is not None
    if op == "cidr":
        return _cidr(str(wanted))
    if op in _NUMBER and not isinstance(wanted, str | None):
        compare, bound = _NUMBER[op], wanted
        return lambda value: isinstance(value, int | float) and compare(value, bound)
    if isinstance(wanted, bool | int | float):
        return lambda value: value == wanted or str(value).lower() == str(wanted).lower()
    return _text(op, "" if wanted is None else wanted)


def _text(op: str, wanted: str) -> Check:
    if op.startswith("cased_"):
        cased = _TEXT[op.removeprefix("cased_")]
        return lambda value: cased(str(value), wanted)
    compare, lower = _TEXT[op], wanted.lower()
    return lambda value: compare(str(value).lower(), lower)


def _cidr(text: str) -> Check:
    network = ipaddress.ip_network(text, strict=False)

    def inside(value: Value) -> bool:
        try:
            found = ipaddress.ip_network(str(value), strict=False)
        except ValueError:
            return False
        return found.version == network.version and found.subnet_of(network)  # type: ignore[arg-type]

    return inside


def _compare_fields(op: str, left: list[Anything], right: list[Anything]) -> bytes:
    compare = _TEXT[op.removeprefix("field_")]

    def pair(a: Value, b: Value) -> bool:
        if a is None or b is None:
            return False
        ones = a if isinstance(a, tuple) else (a,)
        others = b if isinstance(b, tuple) else (b,)
        return any(compare(str(x).lower(), str(y).lower()) for x in ones for y in others)

    return bytes(map(pair, left, right))
