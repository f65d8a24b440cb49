"""The lake keeps lookups without loss; it is checked, repaired, compacted, shortened and upgraded."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from glasshouse.cli.main import app
from glasshouse.config import Options
from glasshouse.errors import ConfigError, UsageError
from glasshouse.flow_detect import current, detect, lookups
from glasshouse.flow_lake import ingest
from glasshouse.lake import batch, care, documents, facts, parquet, schema, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import COLUMNS, LARGEST, NAMES, Stored, clean, from_text, text_of, uid_of
from glasshouse.records import Actor, Client, Lookup, Requests, Target
from glasshouse.watch.actors import node
from glasshouse.watch.detect import detect as hunt
from glasshouse.watch.detect import load_rules
from lake_logs import CONN, SSL, conn_row, squid, ssl_row, zeek
from lake_samples import crowd

FOUND = crowd(1, 6, 2, job=False)
TEXT = st.text(max_size=12)
SAID = st.none() | TEXT
NUMBER = st.none() | st.integers(0, LARGEST)
LOOKUPS = st.builds(
    Lookup,
    time=st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999), source=TEXT, file=TEXT,
    position=st.integers(0, LARGEST), record_sha256=TEXT, view=TEXT,
    via=st.sampled_from(["dns", "http", "tls", "flow", "process", "whois", "sql"]),
    actor=st.builds(Actor, SAID, SAID, SAID, SAID), database=SAID,
    techniques=st.lists(TEXT, max_size=3).map(tuple), scope=TEXT, name=SAID,
    targets=st.lists(
        st.builds(Target, st.sampled_from(["domain", "ip"]), TEXT, st.none() | st.booleans()), max_size=3
    ).map(tuple),
    client=st.builds(Client, st.sampled_from(["browser", "script", "tool", "unknown"]), SAID),
    key_fingerprint=SAID, requests=st.builds(Requests, st.integers(0, 99), st.integers(0, 99), TEXT),
    bytes_out=NUMBER, bytes_in=NUMBER, packets_out=NUMBER, duration=NUMBER, link=SAID, ident=SAID,
    proxied=st.booleans(), doubt=SAID,
)  # fmt: skip


def put(home: Path, found: list[Lookup]) -> int:
    with store.writing(home) as lake:
        return batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in found]))


@pytest.fixture
def home(tmp_path):
    """A lake of three batches, judged."""
    folder = tmp_path / "home"
    found = FOUND
    for number in range(3):
        put(folder, found[number::3])
    detect(Options(home=folder))
    return folder


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(LOOKUPS, max_size=6))
def test_parquet_keeps_every_lookup_as_it_is(found, tmp_path):
    rows = [Stored(f"{number:032x}", 7, node(x), x) for number, x in enumerate(found)]
    made = parquet.make(tmp_path / "draft", rows)
    back = {stored.uid: stored for stored in parquet.read([one.file for one in made])}
    parquet.remove(tmp_path / "draft")
    assert back == {stored.uid: stored for stored in rows}
    assert [from_text(text_of(stored)) for stored in rows] == rows


def test_halves_of_characters_and_huge_numbers_do_not_stop_the_lake(tmp_path):
    odd = replace(crowd(1)[0], name="a\ud800b", bytes_in=2**64, actor=Actor("\udfff", None, "192.0.2.1"))
    assert put(tmp_path, [odd]) == 1
    (back,) = lookups(Options(home=tmp_path))
    assert (back.name, back.bytes_in, back.actor.user) == ("a?b", LARGEST, clean("\udfff"))
    assert put(tmp_path, [odd]) == 0


def test_alerts_survive_the_database():
    alerts, _statuses = hunt(crowd(2), load_rules())
    assert alerts
    assert [documents.alert_of(documents.text_of(alert)) for alert in alerts] == alerts


def test_files_are_plain_hive_partitioned_parquet(home):
    query = "SELECT count(*), count(DISTINCT metadata_uid), min(event_day) FROM read_parquet(?)"
    found = duckdb.sql(query, params=[str(home / "lake/lookups/*/*.parquet")]).fetchall()[0]
    assert found[:2] == (len(FOUND),) * 2
    columns = duckdb.sql(
        "DESCRIBE FROM read_parquet(?, hive_partitioning = false)",
        params=[str(next(home.rglob("*.parquet")))],
    ).fetchall()
    assert [(name, kind) for name, kind, *_ in columns] == [
        (name, 'STRUCT("type" VARCHAR, "value" VARCHAR, about_us BOOLEAN)[]' if name == "targets" else kind)
        for name, kind in COLUMNS.items()
    ]
    assert tuple(COLUMNS) == NAMES


def test_check_finds_and_repair_puts_right(home):
    whole = lookups(Options(home=home))
    one, two, three = sorted(home.rglob("*.parquet"))[:3]
    one.unlink()
    two.write_bytes(two.read_bytes()[:-40])
    stray = three.with_name("stray.parquet")
    stray.write_bytes(three.read_bytes())
    with store.writing(home) as lake:
        kinds = {problem.kind for problem in care.check(lake).problems}
        assert {"missing", "damaged", "unknown"} <= kinds
        said = care.repair(lake)
        assert care.check(lake).problems == []
        assert [file.name for file in lake.lost.iterdir()]
    assert any("logs from their beginning" in line for line in said)
    assert 0 < len(lookups(Options(home=home))) < len(whole)
    assert put(home, whole) > 0
    assert lookups(Options(home=home)) == whole


def test_repair_takes_in_what_a_lost_database_no_longer_knows(home):
    whole, alerts = lookups(Options(home=home)), current(Options(home=home))
    for file in home.glob("glasshouse.db*"):
        file.unlink()
    with store.writing(home) as lake:
        assert {problem.kind for problem in care.check(lake).problems} == {"unknown"}
        care.repair(lake)
        assert care.check(lake).problems == []
    assert lookups(Options(home=home)) == whole
    detect(Options(home=home))
    assert current(Options(home=home)) == alerts


def test_compact_makes_one_file_a_day_and_changes_nothing_else(home):
    whole, alerts = lookups(Options(home=home)), current(Options(home=home))
    put(home, crowd(3, 6, 2, job=False))
    with store.writing(home) as lake:
        before, after, days = care.compact(lake)
        assert before > after == days
        assert care.check(lake).problems == []
    found = lookups(Options(home=home))
    assert {uid_of(x) for x in whole} < {uid_of(x) for x in found}
    assert detect(Options(home=home)).lookups == len(found) - len(whole)  # what was not judged is still new
    assert current(Options(home=home)) != alerts
    assert detect(Options(home=home), full=True).changes.changed == 0


def test_compact_folds_in_what_came_later(tmp_path):
    ssl, conn, home = tmp_path / "ssl.log", tmp_path / "conn.log", tmp_path / "home"
    ssl.write_text(zeek("ssl", SSL, [ssl_row(n) for n in range(6)]))
    ingest([str(ssl)], Options(home=home))
    detect(Options(home=home))
    conn.write_text(zeek("conn", CONN, [conn_row(n) for n in range(6)]))
    ingest([str(conn)], Options(home=home))
    detect(Options(home=home))
    alerts, whole = current(Options(home=home)), lookups(Options(home=home))
    assert alerts[0].score > 0
    assert detect(Options(home=home), full=True).changes.new == 0
    with store.writing(home) as lake:
        assert care.compact(lake)[2] == 1
        assert [one.lookup for one in parquet.read(facts.files(lake))] == whole
    assert detect(Options(home=home), full=True).changes.changed == 0
    assert current(Options(home=home)) == alerts


def test_expire_forgets_lookups_and_keeps_alerts(home):
    alerts = current(Options(home=home))
    last = lookups(Options(home=home))[-1].time / 1e6
    with store.writing(home) as lake:
        gone, days = care.expire(lake, 2, now=last)
        assert gone
        assert days
        assert care.check(lake).problems == []
        assert care.expire(lake, 2, now=last) == (0, 0)
    assert 0 < len(lookups(Options(home=home))) < len(FOUND)
    for full in (False, True):
        detect(Options(home=home), full=full)
        assert current(Options(home=home)) == alerts


def test_a_home_of_version_1_is_upgraded(tmp_path):
    db = sqlite3.connect(tmp_path / "glasshouse.db")
    db.executescript((Path(__file__).parent / "lake_v1.sql").read_text())
    assert schema.version(db) == 1
    db.close()
    with store.opened(tmp_path) as lake:
        assert schema.version(lake.db) == schema.VERSION
        assert lake.db.execute("SELECT count(*) FROM alerts").fetchone()[0] > 0
    assert current(Options(home=tmp_path))


def test_steps_of_an_upgrade_are_taken_in_order_and_all_or_none(tmp_path, monkeypatch):
    db = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    schema.upgrade(db, "x")
    steps = (*schema.MIGRATIONS, ("ALTER TABLE alerts ADD COLUMN owner TEXT",), ("CREATE TABLE broken (",))
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    monkeypatch.setattr(schema, "VERSION", len(steps))
    with pytest.raises(sqlite3.Error):
        schema.upgrade(db, "x")
    assert schema.version(db) == len(steps) - 2
    monkeypatch.setattr(schema, "MIGRATIONS", steps[:-1])
    monkeypatch.setattr(schema, "VERSION", len(steps) - 1)
    schema.upgrade(db, "x")
    assert "owner" in [row[1] for row in db.execute("PRAGMA table_info(alerts)")]
    monkeypatch.setattr(schema, "VERSION", 0)
    with pytest.raises(ConfigError, match="later Glasshouse"):
        schema.upgrade(db, "x")


def test_readers_read_while_another_writes(home):
    with store.writing(home) as lake, lake.transaction() as db:
        db.execute("DELETE FROM alerts")
        assert current(Options(home=home))
        assert lookups(Options(home=home))


def test_no_lake_says_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="no lake here"):
        current(Options(home=tmp_path))


def test_commands(tmp_path):
    log, home = tmp_path / "access.log", str(tmp_path / "home")
    log.write_text(squid(0, 200))

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "--home", home])
        assert done.exit_code == code, done.output
        return done.stdout

    run("ingest", str(log))
    run("detect")
    run("detect", "--fail-on", "low", code=1)
    alerts = [json.loads(line) for line in run("alerts", "list", "-f", "jsonl").splitlines()]
    assert alerts
    name = alerts[0]["id"]
    for form in ("table", "csv", "markdown", "html", "ocsf"):
        assert name in run("alerts", "list", "-f", form)
    assert name in run("alerts", "show", name[:6])
    assert "alerts" not in run("alerts", "list", "-f", "jsonl", "--until", "2001-01-01")
    assert len(run("lookups", "-f", "jsonl").splitlines()) == 150
    only = run("lookups", "-f", "jsonl", "--database", "crtsh", "--actor", "192.0.2.2").splitlines()
    assert only
    assert {json.loads(line)["actor"]["ip"] for line in only} == {"192.0.2.2"}
    assert run("lookups", "-f", "jsonl", "--since", "2100-01-01") == ""
    assert "in order" in run("lake", "check")
    assert run("lake", "files").endswith(".parquet\n")
    next(Path(home).rglob("*.parquet")).unlink()
    assert "missing" in run("lake", "check", code=4)
    assert "nothing to repair" not in run("lake", "repair")
    run("ingest", str(log))
    assert len(run("lookups", "-f", "jsonl").splitlines()) == 150
    run("lake", "compact")
    assert "removed" in run("lake", "expire", "--older", "90")


def test_duckdb_is_not_loaded_by_commands_that_need_no_lake():
    said = "import sys, glasshouse.cli.main as m\ntry: m.app(['--help'])\nexcept SystemExit: pass\n"
    check = "sys.exit('duckdb' in sys.modules or 'sqlite3' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", said + check], check=False, capture_output=True).returncode == 0
    )
