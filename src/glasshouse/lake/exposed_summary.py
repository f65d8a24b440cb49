"""The newest survey, judged, in: a small table of what is public; out, what asking about a name would show.

Triage asks it of every alert, so it is kept beside the lookups and not made from the observations each time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

import orjson

from glasshouse import places
from glasshouse.lake.columns import clean
from glasshouse.lake.store import Lake

NAME = "exposed"
MOST = 200  # rows that are read of one name
KNOWN = -1  # the rank of what is known and found to be nothing bad


class Row(NamedTuple):
    """One thing that one database shows of a name or address; ``finding`` is empty where none is."""

    value: str
    database: str
    technique: str
    rank: int  # of the finding's level; KNOWN otherwise
    finding: str = ""
    about: str = ""
    says: str = ""


class Asked(NamedTuple):
    """How asking one database about one subject went at last."""

    value: str
    database: str
    collector: str
    complete: bool
    reason: str = ""


class Summary(NamedTuple):
    """Which survey the tables tell of; ``fingerprint`` changes when what they say does."""

    at: int
    fingerprint: str


def keep(lake: Lake, at: int, rows: Iterable[Row], asked: Iterable[Asked]) -> Summary:
    """Put what the survey of a time shows in the place of what was kept before."""
    shown = [(places.place(one[0]), *one) for one in sorted(set(rows))]
    went = sorted(set(asked))
    digest = hashlib.blake2b(repr((shown, went)).encode(), digest_size=12).hexdigest()
    with lake.transaction() as db:
        had = standing(lake)
        if had is None or had.fingerprint != digest:
            db.execute("DELETE FROM exposed_shown")
            db.execute("DELETE FROM exposed_asked")
            db.executemany("INSERT INTO exposed_shown VALUES (?, ?, ?, ?, ?, ?, ?, ?)", shown)
            db.executemany("INSERT INTO exposed_asked VALUES (?, ?, ?, ?, ?)", went)
        lake.put(NAME, orjson.dumps([at, digest]).decode())
    return Summary(at, digest)


def forget(lake: Lake) -> None:
    """Say that what was kept holds no longer: a survey was made since, and could not be judged."""
    with lake.transaction() as db:
        db.execute("DELETE FROM meta WHERE name = ?", (NAME,))


def standing(lake: Lake) -> Summary | None:
    """Which survey is told of; None when none was judged."""
    said = lake.get(NAME)
    if said is None:
        return None
    at, digest = orjson.loads(str(said))
    return Summary(int(at), str(digest))


def surveyed(lake: Lake) -> bool:
    """Whether a survey was ever made here."""
    return lake.db.execute("SELECT 1 FROM surveys LIMIT 1").fetchone() is not None


def below(lake: Lake, value: str, databases: Collection[str], techniques: Collection[str]) -> list[Row]:
    """What some databases, and others for the same technique, show of a value and all below it, worst first.

    Of what is merely known one row for each database.
    """
    low, high = places.span(clean(value))
    given = (low, high, orjson.dumps(sorted(databases)).decode(), orjson.dumps(sorted(techniques)).decode())
    some = """FROM exposed_shown WHERE place >= ? AND place < ?
        AND (database IN (SELECT value FROM json_each(?)) OR technique IN (SELECT value FROM json_each(?)))"""
    found = f"""SELECT value, database, technique, rank, finding, about, says {some} AND rank >= 0
        ORDER BY rank DESC, finding, database, value LIMIT {MOST}"""
    known = f"""SELECT min(value), database, technique, rank, '', '', '' {some} AND rank < 0
        GROUP BY database, technique ORDER BY database, technique"""
    return [Row(*row) for query in (found, known) for row in lake.db.execute(query, given)]


def asked_about(lake: Lake, value: str) -> list[Asked]:
    """How asking about a value, or about what holds it, went."""
    held_by = orjson.dumps([clean(one) for one in places.above(value)]).decode()
    rows = lake.db.execute(
        "SELECT value, database, collector, complete, reason FROM exposed_asked "
        "WHERE value IN (SELECT value FROM json_each(?)) ORDER BY database, collector, value",
        (held_by,),
    )
    return [Asked(a, b, c, bool(d), e) for a, b, c, d, e in rows]
