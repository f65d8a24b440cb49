"""A folder and two sizes in; out a lake of so many lookups and alerts there, and what is known about its people.

    python benchmarks/triage_lake.py FOLDER [LOOKUPS [ALERTS]]

The facts are written by DuckDB into the columns of ``lake.columns``, one file a day, and put into the manifest by
``lake.batch``; who is whom, who asked what first and the hourly counts are summed up from them by SQL; the alerts
go through ``lake.alerts``. Nothing was detected: the alerts are made up beside the lookups they are about, with
as many rows of evidence and targets as detection keeps. What only ``ingest`` reads, the identities of all
lookups, is left out. All names are invented.
"""

# ruff: noqa: E501, ANN401 -- long lines of SQL and figures
from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from glasshouse.lake import alerts, batch, parquet, store
from glasshouse.lake.columns import COLUMNS, NAMES, day_of
from glasshouse.lake.parquet import Made
from glasshouse.lake.store import Lake
from glasshouse.records import Actor, Alert, Client, Evidence, Points, Requests, Target, Visibility

DAY = 86_400_000_000
START = 20_009 * DAY  # days since 1970
DAYS, ACTORS, JOBS = 90, 2_000, 300
DATABASES = (
    "shodan",
    "censys-platform",
    "crtsh",
    "hackertarget",
    "whois-port43",
    "dnsdb",
    "urlscan",
    "virustotal",
)
TECHNIQUES = (
    "T1596.005",
    "T1596.005",
    "T1596.003",
    "T1596.001",
    "T1596.002",
    "T1596.001",
    "T1596.005",
    "T1596.005",
)
HOURS = 3  # an episode lasts so long
RULES = {
    0: (("recon_tool_ran", 40), ("bulk_ct", 25), ("own_assets", 20)),
    1: (("scripted_burst", 25), ("own_assets", 20)),
    2: (("scripted_burst", 25),),
    3: (("first_time", 0), ("breadth_2", 15)),
}  # by kind of episode: a tool seen by endpoint and proxy; a script; DNS and TLS only; a person with a browser
_ADDRESS = "'10.' || (who // 62500) || '.' || (who // 250 % 250) || '.' || (1 + who % 250)"
# Acts: e is the episode or -1, who the actor, t the time, h a number drawn for the row.
_EPISODES = """
    CREATE OR REPLACE TABLE episodes AS SELECT e::INT AS e, (e % {actors})::INT AS who, (e % 4)::INT AS kind,
        ({start} + ((e // {actors}) * {apart} + hash(e) % {slack}) * {day} + (7 + hash(e + 7) % 9) * 3600000000)::BIGINT
        AS first, ({each} * [1.8, 1.8, 0.35, 0.05][1 + (e % 4)::INT])::INT AS n
    FROM range({alerts}) r(e)"""
_ACTS = """
    CREATE OR REPLACE TABLE acts AS
    SELECT e, who, kind, first + k * ({long} // n) + hash(e, k) % 4000000 AS t, hash(e, k, 1) AS h, k
        FROM episodes, range({each} * 2) r(k) WHERE k < n AND first >= {low} AND first < {high}
    UNION ALL SELECT -1, {actors} + (k % {jobs}), 4, {low} + (k // {jobs}) * ({day} // greatest(1, {steady} // {jobs}))
        + (k % {jobs}) * 1000000, hash(k, {low}), k FROM range({steady}) r(k)
    UNION ALL SELECT -1, hash(k, {low}, 2) % {actors}, 3, {low} + 25200000000 + hash(k, {low}, 3) % 36000000000,
        hash(k, {low}, 4), k FROM range({idle}) r(k)"""
_FACTS = """
    SELECT t // 1000 AS time, t AS time_us,
        CASE WHEN kind = 2 THEN 4003 WHEN kind = 0 AND k % 2 = 0 THEN 1007 ELSE 4002 END AS class_uid,
        md5(concat(who, '-', t, '-', k, '-', e)) AS metadata_uid,
        CASE WHEN kind = 2 THEN 'zeek' WHEN kind = 0 AND k % 2 = 0 THEN 'windows-event' ELSE 'squid' END
            AS metadata_product_name,
        '/var/log/proxy/access-' || (t // {day}) || '.log' AS metadata_log_name,
        (h % 90000000)::BIGINT AS metadata_sequence,
        NULL AS metadata_original_event_uid, NULL AS metadata_correlation_uid,
        sha256(concat(who, '-', t, '-', k, '-', e)) AS raw_data_hash_value, {batch} AS batch_id,
        '0:' || ip AS actor_node, CASE WHEN kind <> 2 THEN 'EXAMPLE\\u' || who END AS actor_user_name,
        CASE WHEN kind IN (0, 4) THEN 'ws' || who || '.corp.example.com' END AS device_hostname,
        ip AS src_endpoint_ip, CASE WHEN kind = 0 AND k % 2 = 0 THEN 'C:\\tools\\subfinder.exe' END
            AS actor_process_name,
        {databases}[1 + base] || '.example.net' AS dst_name, (300 + h % 500)::BIGINT AS traffic_bytes_out,
        (2000 + h % 90000)::BIGINT AS traffic_bytes_in, NULL AS traffic_packets_out,
        CASE WHEN kind <> 0 THEN (h % 3000000)::BIGINT END AS duration_us,
        CASE WHEN kind = 2 AND k % 2 = 0 THEN 'dns' WHEN kind = 2 THEN 'tls' WHEN kind = 0 AND k % 2 = 0 THEN 'process'
            ELSE 'http' END AS via,
        CASE WHEN kind = 2 AND k % 2 = 0 THEN 'dns/A' WHEN kind = 2 THEN 'tls' WHEN kind = 0 AND k % 2 = 0
            THEN 'process' WHEN kind = 0 THEN 'http/connect' ELSE 'http/get' END AS view,
        {databases}[1 + base] AS database, [{techniques}[1 + base]] AS techniques, 'core' AS scope,
        CASE WHEN kind = 2 OR (kind = 0 AND k % 2 = 1) THEN []
            WHEN kind IN (0, 1) AND h % 3 = 0 THEN [{{'type': 'hostname', 'value': 'h' || (h % 40) || '.example.com',
                'about_us': true}}]
            ELSE [{{'type': 'domain', 'value': 'n' || (h % 60 + (e + 1) * 7) || '.example.org', 'about_us': false}}]
            END AS targets,
        CASE WHEN kind = 0 AND k % 2 = 0 THEN 'tool' WHEN kind IN (1, 4) THEN 'script' WHEN kind = 3 THEN 'browser'
            ELSE 'unknown' END AS client_kind,
        CASE WHEN kind = 0 AND k % 2 = 0 THEN 'subfinder' WHEN kind IN (1, 4) THEN 'curl' WHEN kind = 3 THEN 'firefox'
            END AS client_name,
        CASE WHEN kind = 1 AND who % 10 = 1 THEN 'hmac-sha256:' || lpad((who // 20)::VARCHAR, 16, '0')
            WHEN kind = 4 AND who % 3 = 0 THEN 'hmac-sha256:' || lpad((900000 + who)::VARCHAR, 16, '0') END
            AS key_fingerprint,
        1 AS requests_min, CASE WHEN kind = 2 THEN 2 ELSE 1 END AS requests_estimate,
        'one record, one request' AS requests_how, kind <> 2 AS proxied, NULL AS doubt
    FROM (SELECT *, {address} AS ip,
        (CASE WHEN kind = 4 THEN who % 8 ELSE (who + hash(e) % 3 + h % 2) % 8 END)::INT AS base
        FROM (SELECT e::INT AS e, who::INT AS who, kind, t::BIGINT AS t, h % 1000000007 AS h, k::BIGINT AS k FROM acts))"""


def make(home: Path, lookups: int, wanted: int) -> None:
    """Write the lake."""
    apart = DAYS * ACTORS // max(wanted, 1)
    each = lookups * 4 // 10 // wanted
    rest = (lookups - each * wanted) // DAYS
    numbers: dict[str, Any] = {
        "start": START, "day": DAY, "actors": ACTORS, "jobs": JOBS, "alerts": wanted, "apart": min(apart, DAYS),
        "slack": max(1, min(apart, DAYS) - 1), "each": each, "long": HOURS * 3_600_000_000,
        "steady": rest * 2 // 3, "idle": rest - rest * 2 // 3, "databases": list(DATABASES),
        "techniques": list(TECHNIQUES), "address": _ADDRESS,
    }  # fmt: skip
    with store.writing(home) as lake, parquet.asked() as db:
        db.execute("SET memory_limit = '4GB'")
        db.execute(_EPISODES.format(**numbers))
        for number in range(DAYS):
            _day(lake, db, {**numbers, "low": START + number * DAY, "high": START + (number + 1) * DAY})
        _sums(lake, db)
        _alerts(lake, db)


def _day(lake: Lake, db: Any, numbers: dict[str, Any]) -> None:
    """The lookups of one day, as one batch."""
    number = batch.plan(lake)
    folder = lake.staging / str(number)
    folder.mkdir(parents=True)
    file = folder / "rows.parquet"
    db.execute(_ACTS.format(**numbers))
    db.execute("CREATE OR REPLACE TEMP VIEW made AS " + _FACTS.format(**numbers, batch=number))
    typed = ", ".join(f"{name}::{kind} AS {name}" for name, kind in COLUMNS.items())
    db.execute(f"COPY (SELECT {typed} FROM made ORDER BY time_us, metadata_uid) TO '{file}' "
               f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {parquet.ROW_GROUP})")  # fmt: skip
    made = Made(file, day_of(numbers["low"]), *parquet.summary(file, whole=False))
    placed = batch.place(lake, [made], number)
    with lake.transaction() as into:
        batch.record_file(into, lake, placed[0], made, number)
        into.execute("UPDATE batches SET state = 'done', lookups = ? WHERE id = ?", (made.lookups, number))
    parquet.remove(folder)


def _sums(lake: Lake, db: Any) -> None:
    """Who is whom, who asked what first, and the hourly counts: as detection would have kept them."""
    db.execute("SET VARIABLE files = ?", [[str(file) for file in lake.lookups.rglob("*.parquet")]])
    facts = f"(SELECT {', '.join(NAMES)} FROM read_parquet(getvariable('files'), hive_partitioning = false))"
    with lake.transaction() as into:
        into.executemany(
            "INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?)",
            _rows(db, f"SELECT actor_node, time_us // 3600000000, database, view, count(*)::BIGINT, "
                      f"sum(requests_estimate)::BIGINT FROM {facts} GROUP BY ALL ORDER BY ALL"),
        )  # fmt: skip
        into.executemany(
            "INSERT INTO firsts VALUES (?, ?, ?)",
            _rows(db, f"SELECT actor_node, database, min(time_us) FROM {facts} GROUP BY ALL"),
        )
        season = 30 * DAY
        into.executemany(
            "INSERT INTO actors VALUES (?, ?, ?, ?, ?, ?, ?)",
            _rows(db, f"SELECT time_us // {season} AS season, actor_node, actor_node[3:], actor_node, min(time_us), "
                      f"max(time_us), count(*) FROM {facts} GROUP BY season, actor_node UNION ALL "
                      f"SELECT DISTINCT time_us // {season}, '1:' || split_part(device_hostname, '.', 1), "
                      f"actor_node[3:], actor_node, NULL::BIGINT, NULL::BIGINT, 0 FROM {facts} "
                      "WHERE device_hostname IS NOT NULL"),
        )  # fmt: skip
        lake.put("begin", START)
        lake.put("judged", lake.db.execute("SELECT max(id) FROM batches").fetchone()[0])


def _rows(db: Any, query: str) -> Iterator[tuple[Any, ...]]:
    db.execute(query)
    while rows := db.fetchmany(50_000):
        yield from rows


_ALERTS = """
    WITH hits AS (SELECT e.e, e.kind, l.* FROM {facts} l JOIN episodes e
        ON e.e % 20 = {part} AND l.src_endpoint_ip = e.ip AND l.time_us BETWEEN e.first AND e.first + {long})
    SELECT e, any_value(kind), any_value(actor_node)[3:], min(time_us), max(time_us), count(*),
        min(actor_user_name), min(device_hostname), min(src_endpoint_ip), min(actor_process_name),
        list_sort(list(DISTINCT database)), list_sort(list_distinct(flatten(list(DISTINCT techniques)))),
        list_sort(list(DISTINCT view)), list_sort(list(DISTINCT metadata_product_name)),
        list(DISTINCT {{'kind': client_kind, 'name': client_name}}),
        list_distinct(flatten(list(targets))),
        list({{'time': time_us, 'sha': raw_data_hash_value, 'at': metadata_sequence, 'file': metadata_log_name,
            'source': metadata_product_name}} ORDER BY time_us, metadata_uid)[1:20],
        sum(requests_estimate)::BIGINT
    FROM hits GROUP BY e"""


def _alerts(lake: Lake, db: Any) -> None:
    facts = f"(SELECT {', '.join(NAMES)} FROM read_parquet(getvariable('files'), hive_partitioning = false))"
    db.execute(f"CREATE OR REPLACE TABLE episodes AS SELECT *, {_ADDRESS} AS ip FROM episodes")
    done = alerts.Changes()
    with lake.transaction() as into:
        for part in range(20):
            query = _ALERTS.format(facts=facts, long=HOURS * 3_600_000_000 + 4_000_000, part=part)
            for cells in _rows(db, query):
                key, alert = cells[2], _alert(cells)
                alerts.replace(into, key, alert.first_seen, alert.last_seen, [alert], done)


def _alert(cells: tuple[Any, ...]) -> Alert:
    (e, kind, _key, first, last, count, user, host, ip, process, databases, techniques, views, sources, clients,
     targets, evidence, asked) = cells  # fmt: skip
    points = tuple(
        Points(rule, number, f"About {count} requests in {HOURS} h.") for rule, number in RULES[kind]
    )
    total = sum(one.points for one in points)
    about = [Target(one["type"], one["value"], one["about_us"]) for one in targets]
    about.sort(key=lambda one: (not one.about_us, one.type, one.value))
    return Alert(
        id=f"GH-{e:012x}", first_seen=first, last_seen=last, actor=Actor(user, host, ip, process),
        users=(user,) if user else (), rules=tuple(one.rule for one in points), score=total, points=points,
        level="high" if total >= 70 else "medium" if total >= 40 else "low", lookups=count,
        requests=Requests(asked // len(views), asked // len(views), f"per database the view that saw most, of {', '.join(views)}"),
        databases=tuple(databases), techniques=tuple(techniques), targets=tuple(about[:50]),
        targets_total=len(about), clients=tuple(Client(one["kind"], one["name"]) for one in clients),
        visibility=Visibility(tuple(views), tuple(sources), ("One connection may carry many requests.",)),
        evidence=tuple(Evidence(x["file"], x["at"], x["sha"], x["source"], x["time"]) for x in evidence),
        evidence_total=count, summary=f"{user or ip} asked {', '.join(databases)} about {len(about)} targets",
    )  # fmt: skip


def know(folder: Path, random: Random) -> None:
    """Write what is known: 10,000 assets, everybody, 300 entries of the register, changes, 20,000 indicators."""
    folder.mkdir(parents=True, exist_ok=True)
    everybody = range(ACTORS + JOBS)
    _table(folder / "inventory.csv", "value,type,owner,environment,criticality",
           [f"h{n}.example.com,hostname,team-{n % 30},production,{'high' if n % 9 else 'critical'}" for n in range(10_000)])  # fmt: skip
    _table(folder / "people.csv", "account,department,role,privileged,service,disabled",
           [f"u{n},dept-{n % 40},{'admin' if n % 50 == 0 else 'staff'},{'yes' if n % 50 == 0 else 'no'},"
            f"{'yes' if n >= ACTORS else 'no'},{'yes' if n % 997 == 5 else 'no'}" for n in everybody])  # fmt: skip
    _table(folder / "machines.csv", "host,owner,kind,criticality,department,managed",
           [f"ws{n},u{n},{'server' if n >= ACTORS else 'workstation'},medium,dept-{n % 40},yes" for n in everybody])  # fmt: skip
    _table(folder / "register.csv",
           "id,purpose,category,approved_by,valid_from,valid_until,accounts,databases,targets,requests_per_day",
           [f"UR-{n},attack surface of our own,analyst,u{n % 40},2024-10-01,2025-03-20,u{n * 7 % ACTORS},*,*,5000"
            for n in range(300)])  # fmt: skip
    _table(folder / "changes.csv", "id,title,start,end,approved,approved_by,state,requested_by,assets",
           [f"CHG-{n},a change of {n},{_stamp(random, n)},{_stamp(random, n, 7200)},yes,u1,closed,u{n % ACTORS},"
            f"h{n % 40}.example.com" for n in range(1_000)])  # fmt: skip
    (folder / "bad-domains.txt").write_text(
        "".join(f"n{random.randrange(900_000)}.example.org\n" for _ in range(500))
        + "".join(f"bad{n}.example.net\n" for n in range(19_500))
    )


def _stamp(random: Random, number: int, later: int = 0) -> str:
    from datetime import UTC, datetime

    moment = START // 1_000_000 + number * (DAYS * 86_400 // 1_000) + 30_000 + later
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _table(file: Path, header: str, lines: list[str]) -> None:
    file.write_text("\n".join([header, *lines]) + "\n")


def everything(home: Path, lookups: int, alerts_wanted: int) -> None:
    """The lake, what is known, and the settings that name it."""
    know(home / "known", Random(1596))
    make(home, lookups, alerts_wanted)
    (home / "glasshouse.toml").write_text(f'[know]\npaths = ["{home / "known"}"]\n')


if __name__ == "__main__":
    everything(Path(sys.argv[1]), *(int(one) for one in [*sys.argv[2:], "10000000", "10000"][:2]))
