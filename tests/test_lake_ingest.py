"""Each record of a log is in the lake once: the same file, a grown, rotated, truncated or copied one."""

from __future__ import annotations

import gzip
import os
import shutil
import time
from pathlib import Path

import pytest

from glasshouse.config import Options
from glasshouse.errors import ReadError
from glasshouse.flow import find
from glasshouse.flow_detect import lookups
from glasshouse.flow_lake import Ingested, ingest
from glasshouse.lake import facts, store
from glasshouse.lake.columns import uid_of
from lake_logs import CONN, SSL, conn_row, squid, ssl_row, zeek


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def log(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder / "access.log"


def run(home: Path, *paths: Path, final: bool = False) -> Ingested:
    return ingest([str(path) for path in paths], Options(home=home), final)


def same_as_hunt(home: Path, *paths: Path) -> None:
    """The lake holds what a hunt over these logs finds, positions and all."""
    found, _tally, _catalogue = find([str(path) for path in paths], Options(home=home))
    assert lookups(Options(home=home)) == found
    assert found


def test_same_file_again_adds_nothing(home, log):
    log.write_text(squid(0, 100))
    assert run(home, log).added == 75
    again = run(home, log)
    assert (again.added, again.unchanged, again.found) == (0, 1, 0)
    same_as_hunt(home, log)


def test_grown_file_adds_its_new_part_only(home, log):
    log.write_text(squid(0, 100))
    run(home, log)
    with log.open("a") as stream:
        stream.write(squid(100, 140))
    more = run(home, log)
    assert (more.added, more.found, more.grown) == (30, 30, 1)
    assert more.tally.sources["squid"].records == 40
    same_as_hunt(home, log)


def test_last_line_without_end_waits_until_it_is_whole(home, log):
    text = squid(0, 41)
    log.write_text(text[:-30])
    assert run(home, log).added == 30
    assert run(home, log).added == 0
    log.write_text(text)
    assert run(home, log).added == 1
    same_as_hunt(home, log)


@pytest.mark.parametrize("how", ["final", "quiet"])
def test_last_line_without_end_is_read_when_nothing_more_comes(home, log, how):
    log.write_text(squid(0, 41).rstrip("\n"))
    if how == "quiet":
        os.utime(log, (time.time() - 3600,) * 2)
    assert run(home, log, final=how == "final").added == 31
    same_as_hunt(home, log)
    with log.open("a") as stream:  # it did go on, after all
        stream.write("\n" + squid(41, 45))
    assert run(home, log, final=True).added == 3
    same_as_hunt(home, log)


def test_rotated_by_rename(home, log):
    log.write_text(squid(0, 100))
    run(home, log)
    with log.open("a") as stream:
        stream.write(squid(100, 120))
    old = log.rename(log.with_suffix(".log.1"))
    log.write_text(squid(120, 130))
    done = run(home, log.parent)
    assert (done.added, done.moved) == (15 + 8, 1)
    found, _tally, _catalogue = find([str(log), str(old)], Options(home=home))
    assert [uid_of(x) for x in lookups(Options(home=home))] == [uid_of(x) for x in found]


def test_rotated_by_copy_and_truncate(home, log):
    log.write_text(squid(0, 100))
    run(home, log)
    shutil.copy(log, log.with_suffix(".log.1"))
    with log.open("r+") as stream:
        stream.truncate()
        stream.write(squid(100, 400))  # longer than before: only the content tells
    done = run(home, log.parent)
    assert (done.added, done.replaced) == (225, 1)
    assert run(home, log.parent).found == 0


def test_rotated_and_packed(home, log):
    log.write_text(squid(0, 100))
    run(home, log)
    packed = log.with_suffix(".log.1.gz")
    packed.write_bytes(gzip.compress(log.read_bytes()))
    log.write_text(squid(100, 110))
    done = run(home, log.parent)
    assert done.added == sum(number % 4 != 3 for number in range(100, 110))
    with packed.open("ab") as stream:
        stream.write(gzip.compress(squid(200, 204).encode()))
    assert run(home, packed).added == 3
    assert run(home, packed).unchanged == 1


def test_truncated_and_shorter(home, log):
    log.write_text(squid(0, 100))
    run(home, log)
    log.write_text(squid(500, 510))
    assert run(home, log).replaced == 1
    assert len(lookups(Options(home=home))) == 75 + 8


def test_a_copy_adds_nothing(home, log):
    log.write_text(squid(0, 100))
    run(home, log)
    copy = Path(shutil.copy(log, log.with_name("copy.log")))
    assert run(home, copy).added == 0
    with copy.open("a") as stream:
        stream.write(squid(100, 104))
    assert run(home, log, copy).added == 3


def test_many_small_rounds_are_one_large(home, log, monkeypatch):
    monkeypatch.setattr("glasshouse.flow_lake.ROUND_BYTES", 700)
    monkeypatch.setattr("glasshouse.watch.identity.BLOCK", 256)
    log.write_text(squid(0, 300))
    assert run(home, log).added == 225
    same_as_hunt(home, log)
    with store.opened(home) as lake:
        assert lake.db.execute("SELECT count(*) FROM files").fetchone()[0] > 20


def test_headers_are_remembered(home, tmp_path):
    ssl = tmp_path / "ssl.log"
    ssl.write_text(zeek("ssl", SSL, [ssl_row(n) for n in range(20)]))
    run(home, ssl)
    with ssl.open("a") as stream:
        stream.write(zeek("ssl", SSL, [ssl_row(n) for n in range(20, 30)], head=False))
    more = run(home, ssl)
    assert (more.added, more.found) == (10, 10)
    same_as_hunt(home, ssl)


def test_a_connection_that_ends_later_completes_its_lookup(home, tmp_path):
    ssl, conn = tmp_path / "ssl.log", tmp_path / "conn.log"
    ssl.write_text(zeek("ssl", SSL, [ssl_row(n) for n in range(6)]))
    conn.write_text(zeek("conn", CONN, [conn_row(n) for n in range(3)]))
    assert run(home, tmp_path / "ssl.log", tmp_path / "conn.log").completed == 0
    with conn.open("a") as stream:
        stream.write(zeek("conn", CONN, [conn_row(n) for n in range(3, 6)], head=False))
    done = run(home, ssl, conn)
    assert (done.added, done.completed) == (0, 3)
    same_as_hunt(home, ssl, conn)
    assert run(home, ssl, conn).completed == 0
    with store.opened(home) as lake:
        stored = facts.load(lake)
        assert len({one.uid for one in stored}) == len(stored) == 6
        assert all(one.lookup.requests.estimate > 1 for one in stored)


def test_second_writer_waits_or_says_so(home, log):
    log.write_text(squid(0, 10))
    said: list[str] = []
    late = store.writing(home, said.append, patience=0.2)
    with store.writing(home), pytest.raises(ReadError, match="still writing"), late:
        pass
    assert "waiting" in said[0]
    assert run(home, log).added == 8
