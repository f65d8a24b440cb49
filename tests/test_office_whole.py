"""The office as it is used: by many at once, killed at any moment, robbed of its newest entries."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from dataclasses import replace

import pytest

import office_samples as samples
from glasshouse.errors import ConfigError, UsageError
from glasshouse.office import audit, automatic, case_work, cases, outbox, pack, signing, stamp, store, trail
from glasshouse.office.verify import verify

BOTH = pytest.mark.parametrize("kind", samples.KINDS)
NOW = samples.NOW
SPAWN = multiprocessing.get_context("spawn")


def _settler(settings, home, count):
    with store.opened(settings, home) as office:
        for n in range(count):
            with office.transaction() as conn:
                automatic.settle(conn, samples.triaged(f"a{n}"), NOW + n)


@BOTH
def test_many_who_detect_the_same_open_one_case_each(kind, tmp_path):
    settings = samples.settings(kind)
    workers = [SPAWN.Process(target=_settler, args=(settings, tmp_path, 15)) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(120)
    assert [one.exitcode for one in workers] == [0] * 3
    with store.opened(settings, tmp_path) as office, office.reading() as conn:
        assert sorted(one.number for one in cases.listed(conn)) == list(range(1, 16))
        assert all(len(cases.history(conn, number)) == 1 for number in range(1, 16))
        assert audit.count(conn) == 30
        assert verify(audit.entries(conn)).whole


def _worker(home, ready):
    with store.opened(samples.settings("sqlite"), home) as office:
        ready.set()
        for n in range(100_000):
            with office.transaction() as conn:
                name = f"{os.getpid()}-{n}"
                case = automatic.settle(conn, samples.triaged(name), NOW + n).case
                outbox.put(conn, alert=name, decision="l1-review", channel="mail", body="{}", now=NOW)
                case_work.close(conn, case.number, "undetermined", "no-answer", "ana", NOW + n)


def test_killed_at_any_moment_every_act_is_whole(tmp_path):
    draw = random.Random(3)
    for _ in range(4):
        ready = SPAWN.Event()
        worker = SPAWN.Process(target=_worker, args=(tmp_path, ready))
        worker.start()
        assert ready.wait(60)
        time.sleep(draw.uniform(0.05, 0.6))
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
    with samples.opened("sqlite", tmp_path) as office, office.reading() as conn:
        every = cases.listed(conn)
        assert every
        assert {one.state for one in every} == {"closed"}
        assert len(outbox.waiting(conn)) == len(every)
        assert [one.act for one in audit.entries(conn)] == ["decide", "open-case", "close"] * len(every)
        assert verify(audit.entries(conn)).whole
    raw = sqlite3.connect(tmp_path / store.FILE)
    assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    raw.close()


def rob(tmp_path, *statements: str) -> None:
    """What somebody does who owns the file: the guards go, then the entries."""
    raw = sqlite3.connect(tmp_path / store.FILE, isolation_level=None)
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        raw.execute(statement)
    raw.close()


@pytest.mark.parametrize(
    "statement, kind, seq",
    [
        ("DELETE FROM audit WHERE seq > 4", "truncated", 5),
        ("DELETE FROM audit WHERE seq = 2", "deleted", 2),
        ("DELETE FROM audit", "truncated", 1),
        ("UPDATE audit SET actor = 'eve' WHERE seq = 3", "edited", 3),
    ],
)
def test_whoever_owns_the_file_is_found_out(statement, kind, seq, tmp_path):
    with samples.opened("sqlite", tmp_path) as office:
        with pytest.raises(UsageError, match="empty"):
            trail.head(office, NOW)
        with office.transaction() as conn:
            for n in range(6):
                audit.append(conn, act="comment", subject=f"C-{n}", actor="ana", now=NOW)
        assert trail.check(office).whole
        signed = trail.head(office, NOW)
        assert trail.check(office, [signed]).whole
        rob(tmp_path, statement)
        assert (kind, seq) in [(one.kind, one.seq) for one in trail.check(office).problems]
        assert (kind, seq) in [(one.kind, one.seq) for one in trail.check(office, [signed]).problems]


def test_a_head_that_is_not_ours_is_told(tmp_path):
    with samples.opened("sqlite", tmp_path) as office:
        with office.transaction() as conn:
            audit.append(conn, act="comment", subject="C-1", actor="ana", now=NOW)
        signed = trail.head(office, NOW)
        forged = replace(signed, time=NOW + 1)
        assert [one.kind for one in trail.check(office, [forged]).problems] == ["signature"]
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        with office.reading() as conn:
            other = signing.signer(elsewhere)
            theirs = other.head(audit.last(conn), NOW)
        assert not trail.check(office, [theirs]).whole
        assert trail.check(office, [theirs], other.public).whole
        (tmp_path / signing.PUBLIC).write_text("junk")
        with pytest.raises(ConfigError):
            trail.check(office)


def test_a_stamped_entry_that_was_rewritten_is_told(tmp_path, monkeypatch):
    with samples.opened("sqlite", tmp_path) as office:
        with office.transaction() as conn:
            first = audit.append(conn, act="comment", subject="C-1", actor="ana", now=NOW)
        monkeypatch.setattr(stamp, "read", lambda reply: (first.hash, NOW))
        with office.transaction() as conn:
            stamp.keep(conn, b"reply", "ana", NOW)
        assert trail.check(office).whole
        rob(tmp_path, f"UPDATE audit SET hash = '{'1' * 64}' WHERE seq = 1")
        assert "rewritten" in {one.kind for one in trail.check(office).problems}


def test_files_of_the_trail_are_for_their_owner(tmp_path):
    with samples.opened("sqlite", tmp_path) as office:
        with office.transaction() as conn:
            audit.append(conn, act="comment", subject="C-1", actor="ana", now=NOW)
        pack.export(office, tmp_path / "audit.zip", "ana", NOW)
    modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    assert modes.pop(signing.PUBLIC) == 0o644
    assert set(modes.values()) == {0o600}
    assert set(modes) == {store.FILE, signing.KEY, signing.HEAD, "audit.zip"}


def test_reading_waits_for_no_writer(tmp_path):
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        audit.append(conn, act="comment", subject="C-1", actor="ana", now=NOW)
        began = time.monotonic()
        with samples.opened("sqlite", tmp_path) as other, other.reading() as reader:
            assert audit.count(reader) == 0
        assert time.monotonic() - began < 10
