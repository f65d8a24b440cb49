"""A KQL query of the kind we export and tables of rows in, the rows of its answer out; times are seconds.

Only what our exports use: let, union isfuzzy, where, extend, project, mv-expand, summarize, arg_max.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from export_queries import Part, Reader, Row, _in_twiddle, tokens

Tables = dict[str, list[Row]]


class Query(Reader):
    """Reads and runs one query."""

    def __init__(self, text: str, tables: Tables) -> None:
        super().__init__(_in_twiddle(tokens(text.replace("in~", "in_twiddle"))))
        self.tables, self.named, self.constants = dict(tables), dict[str, list[Row]](), dict[str, Any]()

    def run(self) -> list[Row]:
        while self.peek() == "let":
            self.take()
            name = self.take()
            self.take("=")
            if self.peek() == "union":
                self.named[name] = self._pipeline()
            else:
                self.constants[name] = self.expression()({})
            self.take(";")
        found = self._pipeline()
        assert self.at == len(self.words), f"left over: {self.words[self.at :][:5]}"
        return found

    def _pipeline(self) -> list[Row]:
        rows = self._source()
        while self.peek() == "|":
            self.take()
            step = self.take()
            rows = getattr(self, f"_{step}")(rows)
        return rows

    def _source(self) -> list[Row]:
        name = self.take()
        if name == "union":
            for word in ("isfuzzy", "=", "true"):
                self.take(word)
            rows: list[Row] = []
            while True:
                self.take("(")
                rows += self._pipeline()
                self.take(")")
                if self.peek() != ",":
                    return rows
                self.take()
        found = self.named.get(name, self.tables.get(name, []))
        return [{**self.constants, **row} for row in found]

    def _where(self, rows: list[Row]) -> list[Row]:
        holds = self.expression()
        return [row for row in rows if holds(row)]

    def _assignments(self) -> list[tuple[str, Part]]:
        found = []
        while True:
            name = self.take()
            self.take("=")
            found.append((name, self.expression()))
            if self.peek() != ",":
                return found
            self.take()

    def _extend(self, rows: list[Row]) -> list[Row]:
        made = self._assignments()
        return [{**row, **{name: value(row) for name, value in made}} for row in rows]

    def _project(self, rows: list[Row]) -> list[Row]:
        made = self._assignments()
        return [{**self.constants, **{name: value(row) for name, value in made}} for row in rows]

    def _mv(self, rows: list[Row]) -> list[Row]:
        self.take("-")
        self.take("expand")
        [(name, values)] = self._assignments()
        for word in ("to", "typeof", "(", "datetime", ")"):
            self.take(word)
        return [{**row, name: value} for row in rows for value in values(row)]

    def _summarize(self, rows: list[Row]) -> list[Row]:
        sums: list[tuple[str, Any]] = []
        while True:
            sums.append(self._aggregate())
            if self.peek() != ",":
                break
            self.take()
        self.take("by")
        keys = [self.take()]
        while self.peek() == ",":
            self.take()
            keys.append(self.take())
        groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in rows:
            groups[tuple(row.get(key) for key in keys)].append(row)
        found = []
        for values, members in groups.items():
            row = dict(zip(keys, values, strict=True))
            for name, function in sums:
                row.update(function(members) if name == "*" else {name: function(members)})
            found.append(row)
        return found

    def _aggregate(self) -> tuple[str, Any]:
        if self.peek() == "arg_max":
            self.take()
            self.take("(")
            name = self.take()
            for word in (",", "*", ")"):
                self.take(word)
            return "*", lambda rows: max(rows, key=lambda row: row[name])
        name = self.take()
        self.take("=")
        return name, self._sum_of()

    def _sum_of(self) -> Any:
        function = self.take()
        self.take("(")
        if function == "array_length":
            inner = self._sum_of()
            self.take(")")
            return lambda rows: len(inner(rows))
        if function == "count":
            self.take(")")
            return len
        value = self.expression()
        if self.peek() == ",":
            self.take()
            self.take()
        self.take(")")

        def summed(rows: Iterable[Row]) -> Any:
            values = [value(row) for row in rows]
            return {"min": min, "max": max, "make_set": lambda v: sorted(set(v))}[function](values)

        return summed


def run(text: str, tables: Tables) -> list[Row]:
    """The rows of the answer."""
    return Query(text, tables).run()
