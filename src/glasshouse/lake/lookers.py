"""Names and addresses in; out, who asked about them or near them since when, counted in one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from glasshouse.lake import facts, parquet
from glasshouse.lake.columns import Stored
from glasshouse.lake.parquet import Query
from glasshouse.lake.store import Lake, told

_END = r"[^.]+\.[^.]+$"  # the last two labels of a name
_WHO = (
    "actor_user_name, device_hostname, src_endpoint_ip, actor_node, database, techniques, client_name, view"
)
_ONE = ", ".join(f"any_value({name}) AS {name}" for name in _WHO.split(", "))
# Kept are targets that are marked as ours, that are asked for, or that end as one that is; also
# networks, which may hold one, and addresses that nobody could judge when they were read.
_ASKED = rf"""
WITH every AS (
    SELECT metadata_uid, {_WHO}, time_us, unnest(targets) AS t
    FROM read_parquet($files, hive_partitioning = false)
    WHERE time_us >= $since AND len(targets) > 0),
near AS (
    SELECT * FROM every WHERE t.about_us OR t.value IN (SELECT unnest($values::VARCHAR[]))
        OR regexp_extract(t.value, '{_END}') IN (SELECT unnest($ends::VARCHAR[]))
        OR t.type = 'cidr' OR (t.about_us IS NULL AND t.type = 'ip')),
acts AS (
    SELECT {_ONE}, max(time_us) AS last_us, list_sort(list(DISTINCT t.value)) AS about FROM near
    WHERE metadata_uid NOT IN (SELECT unnest($hidden::VARCHAR[])) GROUP BY metadata_uid)
SELECT {_WHO}, about, count(*), max(last_us) FROM acts GROUP BY ALL
"""  # noqa: S608 -- ours


class Asker(NamedTuple):
    """Who asked through which kind of log, as that log says it."""

    user: str | None
    host: str | None
    ip: str | None
    node: str
    database: str | None
    techniques: tuple[str, ...]
    client: str | None
    view: str


class Asked(NamedTuple):
    """So many lookups of one asker about the same targets, and when the last was."""

    asker: Asker
    about: tuple[str, ...]
    lookups: int
    last: int


def any_since(lake: Lake, since: int) -> bool:
    """Whether there are lookups since a time."""
    return bool(facts.files(lake, Query(since=since)))


def asked(lake: Lake, since: int, values: Collection[str]) -> list[Asked]:
    """The lookups about these names and addresses, and what stands near them, since a time (microseconds)."""
    found: dict[tuple[Asker, tuple[str, ...]], tuple[int, int]] = {}
    query = Query(since=since)
    for asker, about, lookups, last in (*_in_files(lake, query, values), *_completed(lake, query)):
        had, before = found.get((asker, about), (0, 0))
        found[asker, about] = had + lookups, max(before, last)
    return [Asked(*key, *told_of) for key, told_of in sorted(found.items(), key=repr)]


def _in_files(lake: Lake, query: Query, values: Collection[str]) -> Iterator[Asked]:
    files = [str(file) for file in facts.files(lake, query)]
    if not files:
        return
    given = {
        "files": files,
        "since": query.since,
        "values": sorted(values),
        "ends": sorted({".".join(one.split(".")[-2:]) for one in values}),
        "hidden": sorted(facts.hidden(lake, query)),
    }
    with told(lake.home), parquet.asked() as db:
        for *who, about, lookups, last in db.execute(_ASKED, given).fetchall():
            who[5] = tuple(who[5])
            yield Asked(Asker(*who), tuple(about), lookups, last)


def _completed(lake: Lake, query: Query) -> Iterator[Asked]:
    """Those that later records completed: they stand in no file as they are now."""
    for stored in facts.completed(lake, query):
        if stored.lookup.targets:
            about = tuple(sorted({one.value for one in stored.lookup.targets}))
            yield Asked(_asker(stored), about, 1, stored.lookup.time)


def _asker(stored: Stored) -> Asker:
    x = stored.lookup
    return Asker(
        x.actor.user, x.actor.host, x.actor.ip, stored.node, x.database, x.techniques, x.client.name, x.view
    )
