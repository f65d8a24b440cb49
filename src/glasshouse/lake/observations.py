"""Answers of open databases in, kept in the lake and never overwritten; what was known at any time out.

What is known at a time, of one collector and one subject, is what the last complete answer said, and what
partial answers after it added: a collector that failed changes nothing. Blind is not gone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from glasshouse.asking import Ask, AskStatus
from glasshouse.errors import UsageError
from glasshouse.lake import batch, parquet
from glasshouse.lake.columns import clean
from glasshouse.lake.observation_rows import ASKS, OBSERVATIONS, ask_of, ask_row, observation_of, rows
from glasshouse.lake.store import Lake, told
from glasshouse.observed import KINDS, Answer, Fact, FactKind, Observation

CHUNK = 2_000  # answers that go into the lake together
FETCHED = 10_000
_FOLDERS = {"asks": ASKS, "observations": OBSERVATIONS}
_SEEN = (
    "metadata_product_name, database, subject_type, subject_value, time_us, raw_data_hash_value, ask, "
    "kind, fact"
)
# The ask that last spoke of each thing a collector knew of at a time: see the caption.
_KNOWN = """(
WITH asked AS (SELECT * FROM read_parquet($asks) WHERE time_us <= ${at}),
whole AS (
    SELECT metadata_product_name, subject_type, subject_value, max(time_us) AS since
    FROM asked WHERE status = 'complete' GROUP BY ALL),
useful AS (
    SELECT a.ask FROM asked a LEFT JOIN whole w USING (metadata_product_name, subject_type, subject_value)
    WHERE a.status IN ('complete', 'partial') AND a.time_us >= coalesce(w.since, a.time_us))
SELECT metadata_product_name, kind, key, max_by(ask, struct_pack(t := time_us, a := ask)) AS ask,
    max_by(content, struct_pack(t := time_us, a := ask)) AS content
FROM read_parquet($seen) o SEMI JOIN useful USING (ask)
WHERE list_contains($kinds, kind) GROUP BY ALL)"""
_ORDER = "metadata_product_name, kind, key"
_STATE = f"""
SELECT {_SEEN} FROM read_parquet($seen) o SEMI JOIN {_KNOWN.format(at="at")} k USING ({_ORDER}, ask)
ORDER BY {_ORDER}
"""  # noqa: S608 -- ours
_DIFFERING = f"""
WITH a AS {_KNOWN.format(at="before")}, b AS {_KNOWN.format(at="at")},
d AS (
    SELECT {_ORDER}, a.ask AS was, b.ask AS now FROM a FULL JOIN b USING ({_ORDER})
    WHERE a.content IS DISTINCT FROM b.content),
sides AS (
    SELECT {_ORDER}, was AS ask, false AS later FROM d WHERE was IS NOT NULL
    UNION ALL SELECT {_ORDER}, now, true FROM d WHERE now IS NOT NULL)
SELECT {_SEEN}, later FROM read_parquet($seen) o JOIN sides USING ({_ORDER}, ask)
ORDER BY later, {_ORDER}
"""  # noqa: S608 -- ours


class Survey(NamedTuple):
    """One run: when it was, where its answers came from, and how asking went."""

    number: int
    time: int
    origin: str  # "asked", or what was imported
    statuses: Mapping[AskStatus, int]
    facts: int
    ended: int  # when the last of its answers came: what was known then is what it found


def begin(lake: Lake, time: int, origin: str) -> int:
    """Announce a run; its number."""
    with lake.transaction() as db:
        made = db.execute("INSERT INTO surveys (time, origin) VALUES (?, ?)", (time, origin))
        return int(made.lastrowid or 0)


def add(lake: Lake, survey: int, answers: Iterable[Answer], chunk: int = CHUNK) -> Iterator[Answer]:
    """Put answers into the lake, each chunk wholly or not at all; hands on what was put in."""
    remaining = iter(answers)
    while some := list(islice(remaining, chunk)):
        _commit(lake, survey, some)
        yield from some


def _commit(lake: Lake, survey: int, answers: Sequence[Answer]) -> None:
    first = lake.number("asks") + 1
    numbered = list(enumerate(answers, first))
    number = batch.plan(lake)
    aside = lake.staging / str(number)
    made = {
        "asks": [ask_row(answer, ask, survey) for ask, answer in numbered],
        "observations": [row for ask, answer in numbered for row in rows(answer, ask)],
    }
    try:
        with told(lake.home):
            files = [_file(lake, aside, folder, given, number) for folder, given in made.items() if given]
            with lake.transaction() as db:
                for file, folder, count in files:
                    path = file.relative_to(lake.home).as_posix()
                    size = file.stat().st_size
                    db.execute(
                        "INSERT INTO survey_files VALUES (?, ?, ?, ?, ?)", (path, survey, folder, count, size)
                    )
                lake.put("asks", first + len(answers) - 1)
                db.execute("UPDATE batches SET state = 'done' WHERE id = ?", (number,))
    finally:
        parquet.remove(aside)


def _file(
    lake: Lake, aside: Path, folder: str, given: list[dict[str, Any]], number: int
) -> tuple[Path, str, int]:
    """One Parquet file in its place; of a batch that is never done, ``sweep`` removes it."""
    aside.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = aside / f"{folder}.parquet"
    parquet.write(draft, _FOLDERS[folder], given)
    batch.sync(draft)
    place = lake.home / "lake" / folder
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = place / f"b-{batch.token(lake)}-{number}-0.parquet"
    draft.rename(file)
    batch.sync(place)
    return file, folder, len(given)


def files(lake: Lake, folder: str) -> list[str]:
    """The Parquet files of asks or observations, by the manifest."""
    found = lake.db.execute("SELECT path FROM survey_files WHERE folder = ? ORDER BY path", (folder,))
    return [str(lake.home / path) for (path,) in found]


def state(lake: Lake, at: int, kinds: Sequence[FactKind] = tuple(KINDS)) -> Iterator[Observation[Fact]]:
    """What was known at a time, each thing once for each collector, sorted by collector, kind and key."""
    for row in _rows(lake, _STATE, {"at": at, "kinds": list(kinds)}):
        yield observation_of(row)


def differing(lake: Lake, before: int, at: int) -> tuple[list[Observation[Fact]], list[Observation[Fact]]]:
    """What was known at the earlier and what at the later time, without all that stayed as it was."""
    sides: tuple[list[Observation[Fact]], list[Observation[Fact]]] = ([], [])
    for *row, later in _rows(lake, _DIFFERING, {"before": before, "at": at, "kinds": list(KINDS)}):
        sides[later].append(observation_of(row))
    return sides


def _rows(lake: Lake, query: str, given: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    asked, seen = files(lake, "asks"), files(lake, "observations")
    if not asked or not seen:
        return
    with told(lake.home), parquet.asked() as db:
        db.execute(query, {"asks": asked, "seen": seen, **given})
        while found := db.fetchmany(FETCHED):
            yield from found


def firsts(lake: Lake, at: int) -> dict[str, int]:
    """When each thing, by its key, was first shown to us by any database, up to a time."""
    query = "SELECT key, min(time_us) FROM read_parquet($seen) WHERE time_us <= $at GROUP BY key"
    seen = files(lake, "observations")
    if not seen:
        return {}
    with told(lake.home), parquet.asked() as db:
        return dict(db.execute(query, {"seen": seen, "at": at}).fetchall())


def about(lake: Lake, names: Sequence[str]) -> list[Observation[Fact]]:
    """Everything ever said of some names (or names below them) or addresses, or naming them, by time."""
    where = "list_contains(?, name) OR list_contains(?, ip) "
    where += "OR len(list_filter(?, lambda said: contains(fact, said))) > 0"
    said = [f'{before}{name}"' for name in names for before in ('"', ".", " ")]
    seen = files(lake, "observations")
    if not seen:
        return []
    query = f"SELECT {_SEEN} FROM read_parquet(?) WHERE {where} ORDER BY time_us, ask"  # noqa: S608 -- ours
    with told(lake.home), parquet.asked() as db:
        found = db.execute(query, [seen, list(names), list(names), said]).fetchall()
    return [observation_of(row) for row in found]


_LAST = """
FROM read_parquet($asks) WHERE time_us <= $at
QUALIFY row_number() OVER (
    PARTITION BY metadata_product_name, subject_type, subject_value ORDER BY time_us DESC, ask DESC) = 1
"""


def unanswered(lake: Lake, at: int) -> list[Ask]:
    """The last asking of each collector about each subject at a time, where it was not answered wholly."""
    query = f"SELECT * FROM (SELECT {', '.join(ASKS)} {_LAST}) WHERE status <> 'complete' ORDER BY ask"  # noqa: S608 -- ours
    return [ask_of(row) for row in _asked(lake, query, {"at": at})]


_HAD = """
SELECT a.metadata_product_name, a.subject_type, a.subject_value, a.time_us, a.status,
    list(DISTINCT o.raw_data_hash_value) FILTER (WHERE o.ask IS NOT NULL)
FROM read_parquet($asks) a LEFT JOIN read_parquet($seen) o USING (ask)
WHERE list_contains($times, a.time_us) GROUP BY 1, 2, 3, 4, 5, a.ask
"""


def news(lake: Lake, answers: Sequence[Answer]) -> list[Answer]:
    """Those the lake does not hold: another reply, another time, or another end of asking."""
    times = {"times": list({one.time for one in answers})}
    had: dict[tuple[str, ...], list[set[str]]] = {}
    if files(lake, "observations"):
        for collector, kind, value, time, status, hashes in _rows(lake, _HAD, times):
            had.setdefault((collector, kind, value, str(time), status), []).append(set(hashes or ()))
    found = []
    for one in answers:
        key = (one.collector, one.subject.type, clean(one.subject.value), str(one.time), one.status)
        if not any({digest for digest, _fact in one.facts} <= each for each in had.get(key, ())):
            found.append(one)
    return found


def last_asked(lake: Lake, at: int) -> dict[str, int]:
    """When each collector asked last."""
    query = (
        "SELECT metadata_product_name, max(time_us) FROM read_parquet($asks) WHERE time_us <= $at GROUP BY 1"
    )
    return dict(_asked(lake, query, {"at": at}))


def answered(lake: Lake, at: int) -> dict[tuple[str, str], int]:
    """Collector and subject of everything that was ever answered completely by a time, and when last."""
    query = (
        "SELECT metadata_product_name, subject_value, max(time_us) FROM read_parquet($asks) "
        "WHERE time_us <= $at AND status = 'complete' GROUP BY ALL"
    )
    told_of = _asked(lake, query, {"at": at})
    return {(sys.intern(name), sys.intern(value)): time for name, value, time in told_of}


def _asked(lake: Lake, query: str, given: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    asked = files(lake, "asks")
    if not asked:
        return
    with told(lake.home), parquet.asked() as db:
        db.execute(query, {"asks": asked, **given})
        while found := db.fetchmany(FETCHED):
            yield from found


def surveys(lake: Lake) -> list[Survey]:
    """Every run, in order of time."""
    counted: dict[int, dict[AskStatus, int]] = {}
    facts: dict[int, int] = {}
    ended: dict[int, int] = {}
    query = "SELECT survey, status, count(*), sum(facts), max(time_us) FROM read_parquet($asks) GROUP BY ALL"
    for number, status, count, found, last in _asked(lake, query, {}):
        counted.setdefault(number, {})[status] = count
        facts[number] = facts.get(number, 0) + int(found)
        ended[number] = max(ended.get(number, 0), last)
    kept = lake.db.execute("SELECT id, time, origin FROM surveys ORDER BY time, id").fetchall()
    return [
        Survey(n, time, origin, counted.get(n, {}), facts.get(n, 0), max(time, ended.get(n, 0)))
        for n, time, origin in kept
    ]


def moment(lake: Lake, said: str) -> int:
    """When a run ended, by its number ("3") or counted from the last ("-1" is the one before)."""
    times = sorted({one.ended for one in surveys(lake)})
    known = {str(one.number): one.ended for one in surveys(lake)}
    if said in known:
        return known[said]
    back = int(said) if said.lstrip("-").isdecimal() else 0
    if said.startswith("-") and 0 < -back < len(times):
        return times[back - 1]
    raise UsageError(f"no survey {said}", str(lake.home), "glasshouse survey list shows them")


def unreadable(lake: Lake) -> list[tuple[str, str]]:
    """Files of surveys that are missing or hold another number of rows than the manifest says."""
    wrong = []
    for path, count in lake.db.execute("SELECT path, count FROM survey_files ORDER BY path").fetchall():
        file = lake.home / path
        if not file.exists():
            wrong.append((path, f"missing; {count:,} rows were in it"))
            continue
        try:
            with parquet.asked() as db:
                every = db.execute("SELECT count(*), max(hash(COLUMNS(*))) FROM read_parquet(?)", [str(file)])
                found = every.fetchone()
        except parquet.EngineError as problem:
            wrong.append((path, f"damaged: {str(problem)[:160]}"))
            continue
        if not found or found[0] != count:
            wrong.append((path, f"{found[0] if found else 0:,} rows, the database says {count:,}"))
    return wrong
