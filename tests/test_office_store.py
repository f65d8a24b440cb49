"""The office opens on both databases, migrates, refuses what is not its own, and tells every error."""

from __future__ import annotations

import sqlite3
import stat
import sys

import pytest
from sqlalchemy import inspect

import office_samples as samples
from glasshouse.errors import ConfigError, GlasshouseError, ReadError, UsageError
from glasshouse.office import audit, meta, migrations, schema, store, tables
from glasshouse.settings import Office, Settings

BOTH = pytest.mark.parametrize("kind", samples.KINDS)


@BOTH
def test_tables_of_queries_are_those_of_the_migrations(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        found = inspect(office.engine)
        assert set(found.get_table_names()) == {table.name for table in tables.ALL}
        for table in tables.ALL:
            real = {one["name"]: one for one in found.get_columns(table.name)}
            assert list(real) == list(table.c.keys())
            for column in table.c:
                assert str(column.type) == str(real[column.name]["type"]), column
                key = column.name in found.get_pk_constraint(table.name)["constrained_columns"]
                assert key == column.primary_key, column
                # a key may not be empty, whatever SQLite says about TEXT keys
                assert key or real[column.name]["nullable"] == column.nullable, column


@BOTH
@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
def test_every_released_version_comes_to_the_present(kind, version, tmp_path):
    settings = samples.settings(kind)
    url = store._url(settings, tmp_path)
    engine = store._engine(url)
    with engine.begin() as conn:
        schema.upgrade(conn, "here", make=True, until=version)
        assert schema.version(conn) == version
    engine.dispose()
    with store.opened(settings, tmp_path, make=False) as office, office.transaction() as conn:
        assert schema.version(conn) == schema.VERSION
        audit.append(conn, act="comment", subject="C-1", actor="ana", now=1)


def test_each_step_names_tables_that_exist():
    made = {made for made, _, _ in migrations.WRITTEN_ONCE}
    assert made <= set(range(1, schema.VERSION + 1))


@BOTH
def test_a_database_of_the_future_is_refused(kind, tmp_path):
    settings = samples.settings(kind)
    with store.opened(settings, tmp_path) as office, office.transaction() as conn:
        meta.put(conn, "version", str(schema.VERSION + 1))
    with pytest.raises(ConfigError, match="later Glasshouse") as told, store.opened(settings, tmp_path):
        pass
    assert told.value.next_step == "upgrade Glasshouse"


@BOTH
def test_a_table_of_another_program_is_not_taken(kind, tmp_path):
    settings = samples.settings(kind)
    engine = store._engine(store._url(settings, tmp_path))
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE meta (name TEXT, value TEXT)")
    engine.dispose()
    with pytest.raises(ConfigError, match="another program"), store.opened(settings, tmp_path):
        pass


@BOTH
def test_nothing_is_made_unless_asked(kind, tmp_path):
    settings = samples.settings(kind)
    with (
        pytest.raises(UsageError, match="no decisions here yet"),
        store.opened(settings, tmp_path, make=False),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


@BOTH
def test_a_transaction_is_whole_or_not_at_all(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        with pytest.raises(RuntimeError), office.transaction() as conn:
            audit.append(conn, act="comment", subject="C-1", actor="ana", now=1)
            raise RuntimeError
        with office.reading() as conn:
            assert audit.count(conn) == 0


@BOTH
def test_a_reader_sees_one_state_and_waits_for_no_writer(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.reading() as conn:
        assert audit.count(conn) == 0
        with office.transaction() as other:
            audit.append(other, act="comment", subject="C-1", actor="ana", now=1)
        assert audit.count(conn) == 0


@BOTH
def test_compact_keeps_everything(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        with office.transaction() as conn:
            audit.append(conn, act="comment", subject="C-1", actor="ana", now=1)
        office.compact()
        with office.reading() as conn:
            assert audit.count(conn) == 1


def test_sqlite_is_for_its_owner_and_durable(tmp_path):
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        audit.append(conn, act="comment", subject="C-1", actor="ana", now=1)
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        said = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        }
        assert said == {"journal_mode": "wal", "synchronous": 2}
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_locked_database_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    with samples.opened("sqlite", tmp_path) as office:
        other = sqlite3.connect(tmp_path / store.FILE, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ReadError, match="another program is writing") as told, office.transaction():
            pass
        other.close()
    assert told.value.next_step


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / store.FILE).write_bytes(b"no database, only text, and enough of it" * 99)
    with pytest.raises(ReadError, match="no database of decisions"), samples.opened("sqlite", tmp_path):
        pass


@pytest.mark.parametrize(
    "url",
    ["nonsense", "mysql://u:hunter2@h/x", "postgresql://u:hunter2@[::", "sqlite://", "sqlite:////proc/no/x.db",
     "oracle://u:hunter2@h", "${env:NOT_SET_ANYWHERE}"],
)  # fmt: skip
def test_a_wrong_url_is_told_without_its_password(url, tmp_path):
    said = Settings(office=Office(url=url))
    with pytest.raises(GlasshouseError) as told, store.opened(said, tmp_path):
        pass
    assert told.value.next_step
    assert "hunter2" not in str(told.value)


def test_a_server_that_refuses_is_told_without_the_password(tmp_path):
    url = samples.settings("postgresql").office.url
    server = samples.server()
    wrong = [
        server.url("public", password="hunter2-wrong"),
        server.url("public", database="nowhere"),
        server.url("public").replace(f":{server.port}/", ":1/"),
        f"postgresql://127.0.0.1:{server.port}/postgres?user=glasshouse&password=hunter2-wrong",
    ]
    assert url.startswith("postgresql+psycopg://")
    for one in wrong:
        with pytest.raises(ReadError) as told, store.opened(Settings(office=Office(url=one)), tmp_path):
            pass
        assert "hunter2" not in str(told.value)
        assert "so/secret" not in str(told.value)
        assert told.value.next_step


def test_the_password_may_be_kept_elsewhere(tmp_path, monkeypatch):
    import postgres

    samples.settings("postgresql")
    server = samples.server()
    monkeypatch.setenv("OFFICE_PASSWORD", postgres.PASSWORD)
    url = f"postgresql://{postgres.USER}:${{env:OFFICE_PASSWORD}}@127.0.0.1:{server.port}/postgres"
    url += f"?options=-csearch_path%3D{server.schema()}"
    with store.opened(Settings(office=Office(url=url)), tmp_path) as office:
        assert postgres.PASSWORD not in office.where
        assert "***" in office.where


@BOTH
def test_values_and_counters(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        assert [meta.following(conn, "case") for _ in range(3)] == [1, 2, 3]
        assert meta.following(conn, "use") == 1
        assert meta.noted(conn, "register.yml", "f1", 1) == "new"
        assert meta.noted(conn, "register.yml", "f1", 2) == "same"
        assert meta.noted(conn, "register.yml", "f2", 3) == "changed"
        assert meta.fingerprints(conn) == {"register.yml": "f2"}


def test_a_missing_driver_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = Settings(office=Office(url="postgresql://u:hunter2@127.0.0.1:1/x"))
    with pytest.raises(ConfigError, match="driver") as told, store.opened(said, tmp_path):
        pass
    assert told.value.next_step == "pip install 'glasshouse[postgresql]'"
