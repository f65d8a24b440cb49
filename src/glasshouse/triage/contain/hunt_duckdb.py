"""A containment plan in, DuckDB queries over the lake out: who else, what else, before and after.

The lookups are Parquet files below the lake's folder (docs/lake.md). Files may say a lookup twice while days
are being merged, so each ``metadata_uid`` counts once.
"""

from __future__ import annotations

from collections.abc import Iterable

from glasshouse.triage.block import (
    ASKED,
    DAYS,
    addresses,
    bare_accounts,
    comment,
    distinct,
    heading,
    iso,
    machines,
    sql,
    sql_list,
    targets,
)
from glasshouse.verdicts import Containment

TITLE = "Hunting queries for DuckDB over the lake"
KIND = "hunt"
FILE = "hunt.sql"
_DAY = 86_400_000_000
_STEPS = (
    "run it in the DuckDB shell: duckdb < hunt.sql, or query by query. It reads, and changes nothing.",
    "each SELECT stands alone once the view glasshouse_lookups has been made.",
)
# Not split_part: DuckDB 2.0.0 fails on it where a whole column is NULL.
_ACCOUNT = r"trim(regexp_replace(regexp_replace(lower(actor_user_name), '(?s)^.*\\', ''), '(?s)@.*$', ''))"
_HOST = "lower(rtrim(device_hostname, '.'))"
_SUMS = (
    "count(*) AS lookups, sum(requests_estimate) AS requests,\n"
    "       make_timestamp(min(time_us)) AS first_seen, make_timestamp(max(time_us)) AS last_seen"
)
_ASKED = "list_transform(targets, lambda t: lower(t.value))"
_ACTOR = "actor_user_name, device_hostname, src_endpoint_ip"


def render(plan: Containment) -> str:
    """One view and five queries; a query whose values the alert does not have is a comment instead."""
    actor, key_of, client_of = _actor(plan), "key_fingerprint", "client_name"
    asked = targets(plan)
    clients = distinct(client.name for client in plan.episode.clients or plan.alert.clients)
    keys = distinct(plan.episode.keys)
    parts = [
        comment("--", heading(plan, TITLE, _STEPS)),
        _view(plan),
        _query("1. the same actor, before, during and after", actor, _during(plan), "event_day, part"),
        _query(
            "2. others who asked about the same targets",
            f"list_has_any({_ASKED}, [{sql_list(asked)}])" if asked else "",
            f"{_ACTOR}, database",
            "first_seen",
            actor,
        ),
        _query("3. the same key, whoever used it", _in(key_of, keys), f"{key_of}, {_ACTOR}", "first_seen"),
        _query(
            "4. others with the same client program",
            _in(client_of, clients),
            f"{client_of}, {_ACTOR}",
            "first_seen",
            actor,
        ),
        _query(
            "5. other accounts on the same machines and addresses",
            " OR ".join(part for part in _places(plan) if part),
            f"{_ACTOR}, database",
            "first_seen",
            _in(_ACCOUNT, bare_accounts(plan)),
        ),
    ]
    return "\n".join(parts)


def _view(plan: Containment) -> str:
    begin, end = plan.alert.first_seen - DAYS * _DAY, plan.alert.last_seen + DAYS * _DAY
    folder = "".join(f"[{one}]" if one in "*?[" else one for one in plan.lake or "lake")
    told = comment("--", (f"Lookups from {iso(begin)} to {iso(end)}, each once.",))
    days = " AND ".join(iso(time)[:10].replace("-", "") for time in (begin, end))
    return told + (
        "CREATE OR REPLACE TEMP VIEW glasshouse_lookups AS\n"
        "SELECT DISTINCT ON (metadata_uid) *\n"
        f"FROM read_parquet({sql(folder.rstrip('/') + '/lookups/*/*.parquet')}, hive_partitioning = true)\n"
        f"WHERE event_day BETWEEN {days} AND time_us BETWEEN {begin} AND {end};\n"
    )


def _during(plan: Containment) -> str:
    return (
        f"CASE WHEN time_us < {plan.alert.first_seen} THEN 'before' "
        f"WHEN time_us > {plan.alert.last_seen} THEN 'after' ELSE 'during' END AS part, "
        "event_day, database, dst_name, client_name"
    )


def _query(title: str, where: str, by: str, order: str, others: str = "") -> str:
    """A query of its own; ``others`` is what must not hold, unknown counting as not."""
    if not where:
        return comment("--", (f"{title}: not asked, the alert does not say which.",))
    if others:
        where = f"({where})\n  AND NOT coalesce({others}, false)"
    return (
        comment("--", (title,))
        + f"SELECT {by},\n       {_SUMS}\nFROM glasshouse_lookups\n"
        + (f"WHERE {where}\nGROUP BY ALL ORDER BY {order};\n")
    )


def _in(column: str, values: Iterable[str]) -> str:
    every = list(values)[:ASKED]
    return f"{column} IN ({sql_list(every)})" if every else ""


def _places(plan: Containment) -> tuple[str, str, str]:
    """Conditions for the actor's addresses and machines; a machine also by its name without domain."""
    hosts = machines(plan)
    short = distinct(host.partition(".")[0] for host in hosts if not host.replace(".", "").isdigit())
    by_short = rf"regexp_replace({_HOST}, '(?s)\..*$', '')"
    return _in("src_endpoint_ip", addresses(plan)), _in(_HOST, hosts), _in(by_short, short)


def _actor(plan: Containment) -> str:
    every = (_in(_ACCOUNT, bare_accounts(plan)), *_places(plan))
    told = " OR ".join(f"coalesce({part}, false)" for part in every if part)
    return f"({told})" if told else ""
