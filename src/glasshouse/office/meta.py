"""Names in, small values kept by name out: counters, and fingerprints of files that were seen."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, bindparam, select, update

from glasshouse.office.documents import one_line
from glasshouse.office.tables import meta, seen

_GET = select(meta.c.value).where(meta.c.name == bindparam("of"))
_SET = update(meta).where(meta.c.name == bindparam("of")).values(value=bindparam("to"))


def following(conn: Connection, counter: str) -> int:
    """The next number of a counter, from 1; never the same twice, whatever was removed meanwhile."""
    number = last(conn, counter) + 1
    put(conn, f"last {counter}", str(number))
    return number


def last(conn: Connection, counter: str) -> int:
    """The number that a counter gave last."""
    return int(get(conn, f"last {counter}") or 0)


def get(conn: Connection, name: str) -> str | None:
    """One value kept by name."""
    value = conn.execute(_GET, {"of": name}).scalar()
    return None if value is None else str(value)


def put(conn: Connection, name: str, value: str) -> None:
    """Keep one value by name."""
    if not conn.execute(_SET, {"of": name, "to": value}).rowcount:
        conn.execute(meta.insert().values(name=name, value=value))


def noted(conn: Connection, path: str, fingerprint: str, now: int) -> Literal["new", "changed", "same"]:
    """Remember a file by its fingerprint, and say whether it is another than last time."""
    path = one_line(path)
    had = conn.execute(select(seen.c.fingerprint).where(seen.c.path == path)).scalar()
    if had == fingerprint:
        return "same"
    if had is None:
        conn.execute(seen.insert().values(path=path, fingerprint=fingerprint, time=now))
        return "new"
    conn.execute(update(seen).where(seen.c.path == path).values(fingerprint=fingerprint, time=now))
    return "changed"


def fingerprints(conn: Connection) -> dict[str, str]:
    """The files that were seen, each with its fingerprint."""
    return {row.path: row.fingerprint for row in conn.execute(select(seen.c.path, seen.c.fingerprint))}
