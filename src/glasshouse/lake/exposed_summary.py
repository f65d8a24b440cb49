"""The newest survey, judged, in: small tables of what is public; out, what asking about a name would show.

Triage asks them of every alert, so they are kept beside the lookups and not made from observations each time.
Of a million observations they must stay small: each value is one row, its databases are bits of one number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from glasshouse import places
from glasshouse.lake.columns import clean
from glasshouse.lake.store import Lake

NAME = "exposed"
MOST = 200  # findings that are read of one name, the gravest
_TABLES = ("exposed_findings", "exposed_places", "exposed_known", "exposed_failed")


class Source(NamedTuple):
    """Who says it: a collector with its database and technique; its place in the list is its bit."""

    collector: str
    database: str
    technique: str


class Found(NamedTuple):
    """A finding, and every name and address that shows it to whoever asks about that."""

    finding: str
    technique: str
    databases: tuple[str, ...]
    rank: int  # of its level
    about: str
    says: str
    values: frozenset[str] = frozenset()


class Summary(NamedTuple):
    """Which survey the tables tell of; ``fingerprint`` changes when what they say does."""

    at: int
    fingerprint: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one value: bits of the sources that know something, and that answered wholly."""

    shows: int = 0
    answered: int = 0


def keep(
    lake: Lake,
    at: int,
    sources: Sequence[Source],
    findings: Iterable[Found],
    known: Mapping[str, Seen],
    failed: Mapping[tuple[str, int], str],
) -> None:
    """Put what the survey of a time shows in the place of what was kept before.

    ``failed`` says why a source, by its number, could not be asked about a value at last.
    """
    digest = hashlib.blake2b(repr(tuple(sources)).encode(), digest_size=12)
    with lake.transaction() as db:
        for table in _TABLES:
            db.execute(f"DELETE FROM {table}")  # noqa: S608 -- ours
        for one in findings:
            row = (one.finding, one.technique, f" {' '.join(one.databases)} ", one.rank, one.about, one.says)
            stands = [(place, one.finding) for place in sorted(set(map(places.place, one.values)))]
            db.execute("INSERT OR REPLACE INTO exposed_findings VALUES (?, ?, ?, ?, ?, ?)", row)
            db.executemany("INSERT OR IGNORE INTO exposed_places VALUES (?, ?)", stands)
            digest.update(repr((row, stands)).encode())
        rows = (
            (places.place(value), value, f"{one.shows:x}", f"{one.answered:x}")
            for value, one in known.items()
        )
        db.executemany("INSERT OR REPLACE INTO exposed_known VALUES (?, ?, ?, ?)", _hashed(rows, digest))
        reasons = ((value, source, reason) for (value, source), reason in sorted(failed.items()))
        db.executemany("INSERT OR REPLACE INTO exposed_failed VALUES (?, ?, ?)", _hashed(reasons, digest))
        lake.put(NAME, orjson.dumps([at, digest.hexdigest(), [list(one) for one in sources]]).decode())


def _hashed(rows: Iterable[tuple[object, ...]], digest: hashlib.blake2b) -> Iterator[tuple[object, ...]]:
    for row in rows:
        digest.update(repr(row).encode())
        yield row


def forget(lake: Lake) -> None:
    """Say that what was kept holds no longer: a survey was made since, and could not be judged."""
    with lake.transaction() as db:
        db.execute("DELETE FROM meta WHERE name = ?", (NAME,))


def standing(lake: Lake) -> Summary | None:
    """Which survey is told of; None when none was judged."""
    said = lake.get(NAME)
    if said is None:
        return None
    at, digest, sources = orjson.loads(str(said))
    return Summary(int(at), str(digest), tuple(Source(*one) for one in sources))


def surveyed(lake: Lake) -> bool:
    """Whether a survey was ever made here."""
    return lake.db.execute("SELECT 1 FROM surveys LIMIT 1").fetchone() is not None


def found(lake: Lake, value: str, databases: Collection[str], techniques: Collection[str]) -> list[Found]:
    """What some databases, or others for the same techniques, show of a value and of all below it."""
    given = (*places.span(clean(value)), _json(techniques), _json(f" {one} " for one in databases), MOST)
    rows = lake.db.execute(
        "SELECT DISTINCT f.* FROM exposed_places p JOIN exposed_findings f USING (finding) "
        "WHERE p.place >= ? AND p.place < ? AND (f.technique IN (SELECT value FROM json_each(?)) "
        "OR EXISTS (SELECT 1 FROM json_each(?) d WHERE instr(f.databases, d.value))) "
        "ORDER BY f.rank DESC, f.finding LIMIT ?",
        given,
    )
    return [Found(a, b, tuple(c.split()), d, e, f) for a, b, c, d, e, f in rows]


def shows(lake: Lake, value: str) -> int:
    """The bits of all sources that know something of a value or of what is below it."""
    found = 0
    query = "SELECT DISTINCT shows FROM exposed_known WHERE place >= ? AND place < ?"
    for (bits,) in lake.db.execute(query, places.span(clean(value))):
        found |= int(bits, 16)
    return found


def answered(lake: Lake, value: str) -> int:
    """The bits of the sources that answered wholly about a value, or about what holds it."""
    held_by = {clean(one): None for one in places.above(value)}
    query = "SELECT value, answered FROM exposed_known WHERE place IN (SELECT value FROM json_each(?))"
    found = 0
    for name, bits in lake.db.execute(query, (_json(map(places.place, held_by)),)):
        found |= int(bits, 16) if name in held_by else 0
    return found


def failed(lake: Lake, value: str) -> dict[int, str]:
    """Which sources could not be asked about a value or about what holds it, by number, and why."""
    query = "SELECT source, reason FROM exposed_failed WHERE value IN (SELECT value FROM json_each(?))"
    return dict(lake.db.execute(query, (_json(map(clean, places.above(value))),)).fetchall())


def _json(values: Iterable[str]) -> str:
    return orjson.dumps(sorted(values)).decode()
