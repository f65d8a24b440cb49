"""Logs that grow, rotate, break and fall silent in; out what follow makes of them, killed or not."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glasshouse import flow_follow, flow_lake
from glasshouse.config import Options
from glasshouse.errors import ReadError
from glasshouse.flow_follow import Plan, Stop, Stopped, Voice, follow
from glasshouse.lake import rhythm
from glasshouse.watch import changed
from glasshouse.watch.changed import Eye

EVERY = 10.0


def line(number: int) -> str:
    asked = f"http://api.shodan.io/shodan/host/198.51.100.{number % 250}?n={number}"
    head = f"{1770000000 + number}.123    100 192.0.2.{10 + number % 3} TCP_MISS/200 4512"
    return f"{head} GET {asked} - HIER_DIRECT/203.0.113.5 text/html\n"


def lines(first: int, last: int) -> str:
    return "".join(line(number) for number in range(first, last))


def add(path: Path, first: int, last: int, host: str = "api.shodan.io") -> None:
    with path.open("a") as stream:
        stream.write(lines(first, last).replace("api.shodan.io", host))


class Follower:
    """A follower whose clock and pauses are ours: each step is what happens while it waits."""

    def __init__(self, home: Path, *paths: Path | str, every: float = EVERY, **more) -> None:
        self.home, self.now = home, time.time()
        self.alerts, self.words, self.silences = [], [], []
        given = [str(path) for path in paths]
        self.plan = Plan(given, Options(home=home), every, clock=lambda: self.now, **more)

    def run(self, *steps) -> Follower:
        waiting = iter(steps)

        class Paced(Stop):
            def wait(_self, seconds: float) -> None:
                self.now += max(seconds, EVERY)
                step = next(waiting, None)
                if step is None:
                    raise Stopped
                step()

        tell = lambda one, began: self.silences.append((one, began))  # noqa: E731
        follow(self.plan, Voice(self.alerts.append, tell, self.words.append), Paced())
        return self

    def later(self, seconds: float) -> None:
        self.now += seconds


def held(home: Path) -> set[tuple]:
    from glasshouse.flow_detect import lookups

    found = [(one.record_sha256, one.database) for one in lookups(Options(home=home))]
    assert len(found) == len(set(found))
    return set(found)


def fresh(tmp_path: Path, *parts: tuple[int, int]) -> set[tuple]:
    """What a lake holds that reads these lines from one file."""
    path = tmp_path / "whole.log"
    path.write_text("".join(lines(*part) for part in parts))
    flow_lake.ingest([str(path)], Options(home=tmp_path / "whole"), final=True)
    return held(tmp_path / "whole")


def test_a_growing_log_is_read_and_judged_as_it_grows(tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 30)
    seen = Follower(tmp_path / "home", log)
    seen.run(lambda: add(log, 30, 60), lambda: None)
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 60))
    ids = [alert.id for alert in seen.alerts]
    assert len(set(ids)) == 3
    levels = [alert.level for alert in seen.alerts if alert.id == ids[0]]
    assert len(levels) == len(set(levels))


def test_what_was_told_is_not_told_again_by_the_next_run(tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 30)
    assert Follower(tmp_path / "home", log).run().alerts
    assert Follower(tmp_path / "home", log).run(lambda: None).alerts == []


def test_alerts_from_before_the_first_run_are_no_news(tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 30)
    flow_lake.ingest([str(log)], Options(home=tmp_path / "home"))
    flow_follow.detect(Options(home=tmp_path / "home"))
    assert Follower(tmp_path / "home", log).run().alerts == []


def test_a_log_that_is_not_there_yet_is_waited_for_and_told_once(tmp_path):
    log = tmp_path / "later" / "access.log"
    seen = Follower(tmp_path / "home", log)
    seen.run(lambda: None, lambda: (log.parent.mkdir(), add(log, 0, 5)), lambda: None)
    assert len([word for word in seen.words if "no such file" in word]) == 1
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 5))


def test_folders_and_globs_get_new_files(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    add(folder / "a.log", 0, 5)
    steps = (lambda: add(folder / "b.log", 5, 10), lambda: add(folder / "c.txt", 10, 15), lambda: None)
    Follower(tmp_path / "one", folder).run(*steps)
    assert held(tmp_path / "one") == fresh(tmp_path, (0, 15))
    Follower(tmp_path / "two", folder / "*.log").run(lambda: add(folder / "d.log", 20, 25), lambda: None)
    shutil.rmtree(tmp_path / "whole")
    assert held(tmp_path / "two") == fresh(tmp_path, (0, 10), (20, 25))


def renamed(log: Path) -> None:
    log.rename(f"{log}.1")


def copied_and_emptied(log: Path) -> None:
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)


def packed(log: Path) -> None:
    Path(f"{log}.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()


def dated_and_packed(log: Path) -> None:
    Path(f"{log}-20260202.bz2").write_bytes(bz2.compress(log.read_bytes()))
    log.unlink()


@pytest.mark.parametrize("whole", ["file", "folder"])
@pytest.mark.parametrize("rotate", [renamed, copied_and_emptied, packed, dated_and_packed])
def test_what_was_written_just_before_a_rotation_is_read(rotate, whole, tmp_path):
    log = tmp_path / "logs" / "access.log"
    log.parent.mkdir()
    add(log, 0, 20)

    def turn() -> None:
        add(log, 20, 25)
        rotate(log)
        add(log, 25, 30)

    named = log if whole == "file" else log.parent
    Follower(tmp_path / "home", named).run(turn, lambda: add(log, 30, 35), lambda: None)
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 35))


@pytest.mark.parametrize("rotate", [renamed, copied_and_emptied, packed])
def test_a_rotation_while_nobody_looked_loses_nothing(rotate, tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 20)
    Follower(tmp_path / "home", log).run()
    add(log, 20, 25)
    rotate(log)
    add(log, 25, 30)
    Follower(tmp_path / "home", log).run(lambda: None)
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 30))


def test_a_writer_that_keeps_the_renamed_log_open_is_read_on(tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 10)
    Follower(tmp_path / "home", log).run(
        lambda: renamed(log),
        lambda: add(tmp_path / "access.log.1", 10, 20),
        lambda: add(log, 20, 30),
        lambda: None,
    )
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 30))


def test_a_log_emptied_and_refilled_between_two_looks_is_read_whole(tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 10)

    def turn() -> None:
        add(log, 10, 15)
        copied_and_emptied(log)
        add(log, 15, 40)

    Follower(tmp_path / "home", log).run(turn, lambda: None)
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 40))


def test_a_kill_right_after_reading_a_refilled_log_loses_nothing(tmp_path, monkeypatch):
    log = tmp_path / "access.log"
    add(log, 0, 10)

    def turn() -> None:
        add(log, 10, 15)
        copied_and_emptied(log)
        add(log, 15, 40)
        monkeypatch.setattr(changed, "read", lambda *_given: sys.exit("killed"))

    with pytest.raises(SystemExit):
        Follower(tmp_path / "home", log).run(turn)
    monkeypatch.undo()
    Follower(tmp_path / "home", log).run(lambda: None)
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 40))


def test_a_last_line_without_end_is_read_once_the_log_rests(tmp_path):
    log = tmp_path / "access.log"
    log.write_text(lines(0, 5).rstrip("\n"))
    seen = Follower(tmp_path / "home", log)

    def rests() -> None:
        os.utime(log, (time.time() - 120, time.time() - 120))

    counts = []
    seen.run(lambda: counts.append(len(held(tmp_path / "home"))), rests, lambda: None)
    assert (counts, len(held(tmp_path / "home"))) == ([4], 5)


def test_unchanged_logs_are_not_opened_again(tmp_path, monkeypatch):
    log = tmp_path / "access.log"
    add(log, 0, 5)
    os.utime(log, (time.time() - 120, time.time() - 120))
    calls = []
    true = flow_follow.ingest
    monkeypatch.setattr(flow_follow, "ingest", lambda paths, *rest: calls.append(paths) or true(paths, *rest))
    Follower(tmp_path / "home", log).run(*[lambda: None] * 20)
    assert calls == [[str(log)]]


def test_one_bad_log_stops_no_other(tmp_path, monkeypatch):
    good, bad, odd = tmp_path / "good.log", tmp_path / "bad.log", tmp_path / "odd.log"
    add(good, 0, 5)
    add(bad, 5, 10)
    odd.write_text("no log of any kind\n" * 20)
    true, tries = flow_follow.ingest, []

    def breaking(paths, *rest):
        if str(bad) in paths:
            tries.append(paths)
            if len(tries) < 6:
                raise ReadError("input/output error", str(bad))
        return true(paths, *rest)

    monkeypatch.setattr(flow_follow, "ingest", breaking)
    seen = Follower(tmp_path / "home", tmp_path / "*.log")
    seen.run(lambda: add(good, 10, 15), lambda: None)
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 5), (10, 15))
    assert len([word for word in seen.words if "input/output error" in word]) == 1
    assert len([word for word in seen.words if "not recognised" in word]) == 1
    seen.run(*[lambda: seen.later(600)] * 8)
    shutil.rmtree(tmp_path / "whole")
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 15))


def test_failing_logs_are_tried_less_and_less_often(tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 5)
    eye, now, tries = Eye([str(log)], EVERY, 60), time.time(), []
    for second in range(0, 4000, 10):
        found = changed.look(eye, now + second)
        if found.due:
            tries.append(second)
            changed.read(eye, found.due, [str(log)], now + second)
    assert tries == [0, 10, 30, 70, 150, 310, 630, 1230, 1830, 2430, 3030, 3630]


@pytest.mark.parametrize("strict", [False, True])
def test_a_full_disk_is_told_and_tried_again_unless_strict(strict, tmp_path, monkeypatch):
    log = tmp_path / "access.log"
    add(log, 0, 5)
    home, true, full = tmp_path / "home", flow_follow.ingest, [True]

    def refusing(*given):
        if full[0]:
            raise ReadError("the disk is full (no space left)", str(home))
        return true(*given)

    monkeypatch.setattr(flow_follow, "ingest", refusing)
    seen = Follower(home, log, strict=strict)
    if strict:
        with pytest.raises(ReadError, match="disk is full"):
            seen.run(lambda: None)
        return
    seen.run(lambda: None, lambda: full.clear() or full.append(False), lambda: None)
    told = [word for word in seen.words if "disk is full" in word or "works again" in word]
    assert [word.rpartition("; ")[2] for word in told] == ["again in 10 s", "again in 20 s", "works again"]
    assert held(home) == fresh(tmp_path, (0, 5))


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    seen = Follower(tmp_path / "home", pipe).run(lambda: None)
    assert [word for word in seen.words if "pipe cannot be followed" in word] == seen.words


# Silence


def talk(db, name: str, start: float, gaps: list[float], every: float = EVERY) -> tuple[float, list, list]:
    """Look every few seconds; the source is heard after each gap."""
    now, silent, again = start, [], []
    for gap in gaps:
        until = now + gap
        while now + every < until:
            now += every
            fell, back = rhythm.listened(db, [], now, every)
            silent, again = silent + fell, again + back
        now = until
        fell, back = rhythm.listened(db, [name], now, every)
        silent, again = silent + fell, again + back
    return now, silent, again


def test_a_silence_is_told_once_and_so_is_its_end(tmp_path):
    with rhythm.opened(tmp_path) as db:
        now, silent, again = talk(db, "x", 1e9, [60.0] * 20 + [7200.0, 60.0, 60.0])
        assert [(one.source, one.usual, one.median) for one in silent] == [("x", 60.0, 60.0)]
        assert 600 < silent[0].quiet <= 610
        assert [(one.source, one.quiet) for one in again] == [("x", 7200.0)]
        assert rhythm.rhythms(db, now)[0].silent is False


@pytest.mark.parametrize(("usual", "limit"), [(20.0, 600.0), (300.0, 600.0), (3600.0, 7200.0)])
def test_silence_begins_at_twice_the_usual_but_not_before_ten_minutes(usual, limit, tmp_path):
    with rhythm.opened(tmp_path) as db:
        now, silent, _ = talk(db, "x", 1e9, [usual] * 20)
        assert silent == []
        assert rhythm.listened(db, [], now + limit, limit)[0] == []
        assert len(rhythm.listened(db, [], now + limit + 1, limit)[0]) == 1


def test_too_little_is_known_of_a_new_source(tmp_path):
    with rhythm.opened(tmp_path) as db:
        assert talk(db, "x", 1e9, [60.0] * rhythm.ENOUGH + [90_000.0])[1] == []


def test_one_long_night_does_not_change_what_is_usual(tmp_path):
    with rhythm.opened(tmp_path) as db:
        now, _, _ = talk(db, "x", 1e9, [60.0] * 150 + [30_000.0] + [60.0] * 50)
        assert rhythm.rhythms(db, now)[0].usual == 60.0


def test_time_without_looking_is_neither_silence_nor_interval(tmp_path):
    with rhythm.opened(tmp_path) as db:
        now, _, _ = talk(db, "x", 1e9, [60.0] * 20)
        back = now + 50_000
        assert rhythm.listened(db, [], back, EVERY) == ([], [])
        assert rhythm.listened(db, ["x"], back + 10, EVERY) == ([], [])
        assert rhythm.rhythms(db, back + 10)[0].usual == 60.0


def test_only_the_last_intervals_count(tmp_path):
    with rhythm.opened(tmp_path) as db:
        now, _, _ = talk(db, "x", 1e9, [100.0] * 20 + [20.0] * rhythm.KEPT, every=1000.0)
        assert db.execute("SELECT count(*) FROM intervals").fetchone()[0] == rhythm.KEPT
        assert rhythm.rhythms(db, now)[0].usual == 20.0


def test_a_clock_set_back_begins_anew(tmp_path):
    with rhythm.opened(tmp_path) as db:
        now, _, _ = talk(db, "x", 1e9, [60.0] * 20)
        assert rhythm.listened(db, [], now - 5000, EVERY) == ([], [])
        assert talk(db, "x", now - 5000, [60.0] * 3)[1:] == ([], [])


def test_a_silent_source_is_told_by_follow_and_by_doctor(tmp_path):
    log, other = tmp_path / "access.log", tmp_path / "other.log"
    seen = Follower(tmp_path / "home", log, other, every=60.0)
    number = iter(range(1000))

    def one() -> None:
        add(other, n := next(number), n + 1, "www.example.org")

    def both() -> None:
        one()
        add(log, n := next(number), n + 1, "www.example.org")

    seen.now -= 26 * 60  # so that doctor, which has the true clock, comes after it
    seen.run(*[both] * 12, *[one] * 12)
    assert [(silence.source, began) for silence, began in seen.silences] == [(f"{log} (squid)", True)]
    asked = subprocess.run(
        [sys.executable, "-m", "glasshouse", "doctor", "--home", str(tmp_path / "home")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 3
    assert f"silent: {log} (squid) for" in asked.stdout
    assert "other.log" not in asked.stdout
    seen.run(both, lambda: None)
    assert [began for _silence, began in seen.silences] == [True, False]


def test_packing_what_was_read_is_no_sign_of_life(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / "access.log"
    add(log, 0, 5)

    def pack() -> None:
        Path(f"{log}.gz").write_bytes(gzip.compress(log.read_bytes()))
        log.unlink()

    seen = Follower(tmp_path / "home", folder)
    seen.run(lambda: seen.later(1000), pack, lambda: None)
    with rhythm.opened(tmp_path / "home") as db:
        last, looked = db.execute("SELECT last, looked FROM sources").fetchone()
    assert looked - last > 1000


# Processes


def started(home: Path, *given: str, **more) -> subprocess.Popen:
    command = [sys.executable, "-m", "glasshouse", "follow", "--home", str(home), "--every", "0.1s", *given]
    more = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True} | more
    return subprocess.Popen(command, **more)


def until(wanted, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number, tmp_path):
    log = tmp_path / "access.log"
    add(log, 0, 30)
    told = tmp_path / "told.jsonl"
    with told.open("w") as stream:
        process = started(tmp_path / "home", str(log), "-f", "jsonl", stdout=stream)
    try:
        until(lambda: told.read_text().count("\n") == 3)
        process.send_signal(number)
        _out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, err
    ids = {json.loads(text)["id"] for text in told.read_text().splitlines()}
    assert len(ids) == 3
    assert err.splitlines()[-1] == "ended; the next run goes on here"
    assert held(tmp_path / "home") == fresh(tmp_path, (0, 30))


def looks(home: Path) -> int:
    if not (home / rhythm.FILE).exists():
        return 0
    with rhythm.opened(home) as db:
        return db.execute("SELECT count(*) FROM logs").fetchone()[0]


def test_kills_lose_and_double_nothing(tmp_path):
    log, home = tmp_path / "logs" / "access.log", tmp_path / "home"
    log.parent.mkdir()
    add(log, 0, 20)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(log)], text=True)
    try:
        for pause in (0.0, 0.3, 0.7, 0.1, 1.1, 0.5):
            process = started(home, str(log))
            until(lambda: looks(home))
            time.sleep(pause)
            process.kill()
            process.communicate()
        assert writer.wait(timeout=60) == 0
    finally:
        writer.kill()
    Follower(home, log).run(lambda: None)
    whole = sorted(log.parent.iterdir())
    assert len(whole) == 4
    flow_lake.ingest([str(path) for path in whole], Options(home=tmp_path / "fresh"), final=True)
    names = {path: path.read_text().count("\n") for path in whole}
    assert held(home) == held(tmp_path / "fresh"), names
    assert len(held(home)) == 20 + 600


WRITER = """
import os, shutil, sys, time
def line(n):
    asked = f"http://api.shodan.io/shodan/host/198.51.100.{n % 250}?n={n}"
    head = f"{1770000000 + n}.123    100 192.0.2.9 TCP_MISS/200 4512"
    return f"{head} GET {asked} - HIER_DIRECT/203.0.113.5 text/html\\n"
log = sys.argv[1]
for turn in range(60):
    with open(log, "a") as stream:
        for n in range(10):
            whole = line(1000 + turn * 10 + n)
            stream.write(whole[:40]); stream.flush()
            stream.write(whole[40:])
    if turn in (15, 45):
        os.rename(log, f"{log}.{turn}")
    if turn == 30:
        shutil.copy(log, f"{log}.{turn}"); os.truncate(log, 0)
    time.sleep(0.1)
"""


def test_once_looks_once_and_goes_on_the_next_time(tmp_path):
    log, home = tmp_path / "access.log", tmp_path / "home"
    command = [sys.executable, "-m", "glasshouse", "follow", str(log), "--once", "--home", str(home)]
    told = []
    for first, last in ((0, 30), (30, 31)):
        add(log, first, last)
        told.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
    assert (len(told[0]), told[1]) == (3, [])
    assert held(home) == fresh(tmp_path, (0, 31))


@pytest.mark.parametrize(
    ("given", "said"),
    [(["-"], "cannot be followed"), (["x", "-f", "html"], "--format"), (["x", "--every", "soon"], "--every")],
)
def test_what_cannot_be_followed_is_said_at_once(given, said, tmp_path):
    process = started(tmp_path / "home", *given)
    _out, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said in err
