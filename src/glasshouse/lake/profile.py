"""Episodes, as spans of time of some nodes, in; what their lookups say together out, gathered by DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from glasshouse.lake import facts
from glasshouse.lake.columns import COLUMNS, NAMES, row
from glasshouse.lake.parquet import Query, asked
from glasshouse.lake.store import Lake, told
from glasshouse.records import Client, Target

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SPAN = '{"episode":"INTEGER","node":"VARCHAR","low":"BIGINT","high":"BIGINT"}'
_STRUCTS = {
    "VARCHAR[]": ["VARCHAR"],
    COLUMNS["targets"]: [{"type": "VARCHAR", "value": "VARCHAR", "about_us": "BOOLEAN"}],
}
_SHAPE = orjson.dumps({name: _STRUCTS.get(kind, kind) for name, kind in COLUMNS.items()}).decode()
TARGETS = 1_000  # distinct targets kept of one episode
TOGETHER = 30 * 86_400_000_000  # microseconds before and after in which one key used by others matters


class Span(NamedTuple):
    """The part of an episode that one node was in."""

    episode: int
    node: str
    low: int  # microseconds, inclusive
    high: int  # inclusive


@dataclass(slots=True)
class Profile:
    """What the lookups of one episode say together."""

    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    vias: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    clients: tuple[Client, ...] = ()
    keys: tuple[str, ...] = ()
    key_users: tuple[str, ...] = ()
    targets: list[Target] = field(default_factory=list)
    targets_total: int = 0
    shown: int = 0  # requests that show what they asked about
    hidden: int = 0  # and those that do not
    busiest_day: int = 0
    busiest_hour: int = 0
    bytes_out: int | None = None
    bytes_in: int | None = None
    gaps: int = 0
    median_gap: float | None = None
    mad_gap: float | None = None
    night_share: float = 0.0


# Stage 1: the lookups of each episode, read once. An actor's episodes do not overlap: each has one at most.
_READ = (
    "time_us, actor_user_name, device_hostname, src_endpoint_ip, actor_process_name, database, techniques, "
    "via, view, metadata_product_name, client_kind, client_name, key_fingerprint, targets, "
    "requests_estimate, traffic_bytes_out, traffic_bytes_in"
)
_HITS = f"""
    CREATE OR REPLACE TEMP TABLE hits AS SELECT e.episode AS n, {_READ} FROM facts l
    JOIN spans e ON e.node = l.actor_node AND l.time_us BETWEEN e.low AND e.high"""  # noqa: S608 -- ours
# Stage 2: who, which databases, through which logs; first what occurs together, which is far less.
_KINDS = """
    CREATE OR REPLACE TEMP TABLE kinds AS SELECT n, actor_user_name, device_hostname, src_endpoint_ip,
        actor_process_name, database, techniques, via, metadata_product_name, client_kind, client_name,
        key_fingerprint, count(*) AS times,
        count(*) FILTER (hour_of_day < 6 OR hour_of_day >= 20 OR weekday >= 5) AS by_night
    FROM (SELECT *, (time_us // 3600000000) % 24 AS hour_of_day,
        ((time_us // 86400000000) + 3) % 7 AS weekday FROM hits) GROUP BY ALL"""
_WHO = """
    SELECT n, list_sort(list(DISTINCT actor_user_name)) AS users, list_sort(list(DISTINCT device_hostname)),
        list_sort(list(DISTINCT src_endpoint_ip)), list_sort(list(DISTINCT actor_process_name)),
        list_sort(list(DISTINCT database)), list_sort(list_distinct(flatten(list(DISTINCT techniques)))),
        list_sort(list(DISTINCT via)), list_sort(list(DISTINCT metadata_product_name)),
        list(DISTINCT {'kind': client_kind, 'name': client_name}),
        list_sort(list(DISTINCT key_fingerprint)),
        sum(by_night) / sum(times)
    FROM kinds GROUP BY n"""
# Stage 3: what they asked about. 1970-01-01 was a Thursday: day 0 plus 3 is weekday 3, Monday being 0.
_TARGETS = f"""
    WITH every AS (SELECT n, t.type AS type, t.value AS value, bool_or(t.about_us) AS about_us
        FROM (SELECT n, unnest(targets) AS t FROM hits) GROUP BY ALL)
    SELECT n, type, value, about_us, count(*) OVER (PARTITION BY n) FROM every
    QUALIFY row_number() OVER (PARTITION BY n ORDER BY coalesce(about_us, false) DESC, type, value)
        <= {TARGETS} ORDER BY n, coalesce(about_us, false) DESC, type, value"""  # noqa: S608
# Stage 4: the busiest day and hour: per database the view that saw most.
_BUSIEST = """
    WITH views AS (SELECT n, database, view, time_us // 3600000000 AS hour, sum(requests_estimate) AS asked
        FROM hits GROUP BY ALL),
    hours AS (SELECT n, hour, sum(asked) AS asked FROM
        (SELECT n, database, hour, max(asked) AS asked FROM views GROUP BY ALL) GROUP BY ALL),
    days AS (SELECT n, hour // 24 AS day, sum(asked) AS asked FROM hours GROUP BY ALL)
    SELECT n, max(asked)::BIGINT, (SELECT max(asked)::BIGINT FROM hours h WHERE h.n = d.n)
    FROM days d GROUP BY n"""
# Stage 5: how many requests do not show what they asked about: per database the view that saw most, less the
# view that shows most; or of the tools that ran without one, if those hide more. And the bytes: one
# connection is logged by proxy, sensor and firewall, so those of the view that counted most.
_HIDDEN = """
    WITH views AS (SELECT n, database, view, sum(requests_estimate) AS asked,
        count(*) FILTER (len(targets) > 0) AS shown,
        sum(traffic_bytes_out) AS bytes_out, sum(traffic_bytes_in) AS bytes_in FROM hits GROUP BY ALL),
    best AS (SELECT n, database, max(asked) AS asked, max(shown) AS shown,
        max(bytes_out) AS bytes_out, max(bytes_in) AS bytes_in FROM views GROUP BY ALL)
    SELECT n, greatest(coalesce(sum(greatest(asked - shown, 0)) FILTER (database IS NOT NULL), 0),
        coalesce(sum(greatest(asked - shown, 0)) FILTER (database IS NULL), 0))::BIGINT,
        greatest(coalesce(sum(least(asked, shown)) FILTER (database IS NOT NULL), 0),
        coalesce(sum(least(asked, shown)) FILTER (database IS NULL), 0))::BIGINT,
        sum(bytes_out)::BIGINT, sum(bytes_in)::BIGINT FROM best GROUP BY n"""
# Stage 6: how regular the acts are, in the view that saw most of them; a second holds one act.
_GAPS = """
    WITH best AS (SELECT n, view FROM (SELECT n, view, count(*) AS c FROM hits GROUP BY ALL)
        QUALIFY row_number() OVER (PARTITION BY n ORDER BY c DESC, view) = 1),
    acts AS (SELECT DISTINCT n, time_us // 1000000 AS second FROM hits JOIN best USING (n, view)),
    gaps AS (SELECT n, second - lag(second) OVER (PARTITION BY n ORDER BY second) AS gap FROM acts)
    SELECT n, count(gap), median(gap), mad(gap) FROM gaps WHERE gap IS NOT NULL GROUP BY n"""
# Who used the keys of an episode not long before and after, in it or elsewhere; of all episodes at once,
# because that reads far around them.
_USED = """
    CREATE OR REPLACE TEMP TABLE used AS SELECT DISTINCT e.episode AS n, l.key_fingerprint AS key FROM facts l
    JOIN spans e ON e.node = l.actor_node AND l.time_us BETWEEN e.low AND e.high
    WHERE l.key_fingerprint IS NOT NULL"""
_KEYS = f"""
    WITH reach AS (SELECT episode AS n, min(low) - {TOGETHER} AS low, max(high) + {TOGETHER} AS high
        FROM spans GROUP BY episode)
    SELECT DISTINCT u.n, l.actor_user_name, coalesce(l.device_hostname, l.src_endpoint_ip), l.actor_node,
        EXISTS (SELECT 1 FROM spans e WHERE e.episode = u.n AND e.node = l.actor_node) AS own
    FROM used u JOIN reach r ON r.n = u.n
    JOIN facts l ON l.key_fingerprint = u.key AND l.time_us BETWEEN r.low AND r.high"""  # noqa: S608


def profiles(lake: Lake, spans: Sequence[Span]) -> dict[int, Profile]:
    """Per episode what its lookups say together; raises ReadError when the lake cannot be read.

    ``key_users`` are left out: ask ``key_users``.
    """
    found: dict[int, Profile] = {span.episode: Profile() for span in spans}
    if not spans:
        return found
    low, high = min(span.low for span in spans), max(span.high for span in spans)
    with told(lake.home), asked() as db:
        _open(db, lake, Query(since=low, until=high + 1), spans)
        db.execute(_HITS)
        db.execute(_KINDS)
        for cells in db.execute(_WHO).fetchall():
            _who(found[cells[0]], cells[1:])
        for n, kind, value, about_us, total in db.execute(_TARGETS).fetchall():
            found[n].targets.append(Target(kind, value, about_us))
            found[n].targets_total = total
        for n, day, hour in db.execute(_BUSIEST).fetchall():
            found[n].busiest_day, found[n].busiest_hour = day, hour
        for n, *numbers in db.execute(_HIDDEN).fetchall():
            found[n].hidden, found[n].shown, found[n].bytes_out, found[n].bytes_in = numbers
        for n, gaps, middle, spread in db.execute(_GAPS).fetchall():
            found[n].gaps, found[n].median_gap, found[n].mad_gap = gaps, middle, spread
    return found


def key_users(lake: Lake, spans: Sequence[Span]) -> dict[int, tuple[str, ...]]:
    """Per episode in which a key was seen, who used its keys then, 30 days before and after."""
    if not spans:
        return {}
    low, high = min(span.low for span in spans), max(span.high for span in spans)
    with told(lake.home), asked() as db:
        _open(db, lake, Query(since=low, until=high + 1), spans)
        db.execute(_USED)
        if not db.execute("SELECT 1 FROM used LIMIT 1").fetchone():
            return {}
        _open(db, lake, Query(since=low - TOGETHER, until=high + TOGETHER + 1), spans)
        return _shared(db.execute(_KEYS).fetchall())


def _open(db: DuckDBPyConnection, lake: Lake, query: Query, spans: Sequence[Span]) -> None:
    """Make the tables the stages read: ``facts`` over the files, each lookup as later records made it."""
    files = [str(file) for file in facts.files(lake, query)]
    later = [row(stored) for stored in facts.completed(lake, query)]
    hidden = sorted(facts.hidden(lake, query))
    db.execute("SET VARIABLE files = ?", [files])
    db.execute("CREATE OR REPLACE TEMP TABLE hidden AS SELECT unnest(?::VARCHAR[]) AS uid", [hidden])
    _table(db, "later", later, _SHAPE)
    _table(db, "spans", [span._asdict() for span in spans], _SPAN)
    names = ", ".join(NAMES)
    source = "read_parquet(getvariable('files'), hive_partitioning = false)" if files else "later"
    seen = "metadata_uid NOT IN (SELECT uid FROM hidden)" if hidden else "true"  # reads the column else
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW facts AS SELECT {names} FROM {source} WHERE {seen} "  # noqa: S608 -- ours
        f"UNION ALL SELECT {names} FROM later"
    )


def _table(db: DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, Any]], shape: str) -> None:
    """A table of our own from rows, all values bound."""
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS "
        f"SELECT unnest(from_json(?::JSON, '[{shape}]'), recursive := true)",
        [orjson.dumps(rows).decode()],
    )


def _who(into: Profile, cells: Sequence[Any]) -> None:
    into.users, into.hosts, into.ips, into.processes = map(_said, cells[:4])
    into.databases, into.techniques, into.vias, into.sources = map(_said, cells[4:8])
    clients = {Client(one["kind"], one["name"]) for one in cells[8] or ()}
    into.clients = tuple(sorted(clients, key=lambda one: (one.kind, one.name or "")))
    into.keys = _said(cells[9])
    into.night_share = float(cells[10] or 0.0)


def _said(values: Sequence[str | None] | None) -> tuple[str, ...]:
    return tuple(value for value in values or () if value is not None)


def _shared(rows: Iterable[tuple[int, str | None, str | None, str, bool]]) -> dict[int, tuple[str, ...]]:
    """Per episode who used its keys, by account, else machine, else address; its own actor counts once.

    One act is seen with an account here and without one there: that makes nobody share a key with himself.
    """
    users: dict[int, set[str]] = {}
    nameless: dict[int, str] = {}
    named: set[int] = set()
    for n, user, place, node, own in rows:
        if own and not user:
            nameless[n] = min(place or node[2:], nameless.get(n, place or node[2:]))
            continue
        users.setdefault(n, set()).add(user or place or node[2:])
        if own:
            named.add(n)
    for n, place in nameless.items():
        if n not in named:
            users.setdefault(n, set()).add(place)
    return {n: tuple(sorted(said)) for n, said in users.items()}
