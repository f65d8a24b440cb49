"""Growing logs in, new alerts and silences out, until told to stop; every record once, whatever happens."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import ConfigError, ReadError
from glasshouse.flow_detect import detect
from glasshouse.flow_lake import Ingested, ingest
from glasshouse.flow_resume import QUIET
from glasshouse.lake import news, rhythm, store
from glasshouse.lake.rhythm import Silence, Was
from glasshouse.records import Alert, Trouble
from glasshouse.watch import changed
from glasshouse.watch.changed import Eye, Log, Sign, pause
from glasshouse.watch.detect import load_rules

FILES_AT_ONCE, BYTES_AT_ONCE = 2_000, 1 << 30  # after so much, alerts are looked for
RESTING = 9  # times as long as looking took: 100,000 files take some seconds
TOLD = 3  # records that could not be read, of one step
REMEMBERED = 10_000  # troubles told
Reached = dict[int, tuple[str, str, int]]


class Stopped(Exception):
    """The user wants us to end."""


@dataclass(slots=True)
class Stop:
    """Whether to end, and whether nothing would be cut off by ending at this very moment."""

    asked: bool = False
    idle: bool = False

    def check(self) -> None:
        """Raise Stopped when asked to end."""
        if self.asked:
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Do nothing for a while; whoever asks to end meanwhile raises Stopped."""
        self.idle = True
        try:
            self.check()
            time.sleep(seconds)
        finally:
            self.idle = False


class Voice(NamedTuple):
    """Where news go: alerts, silences and their ends (True: it began), and everything else in words."""

    alert: Callable[[Alert], None]
    silence: Callable[[Silence, bool], None]
    word: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to follow."""

    paths: Sequence[str]
    options: Options
    every: float = 10.0
    least: int = 0  # rank of the lowest level told
    strict: bool = False  # end when the disk refuses, instead of trying again
    once: bool = False
    clock: Callable[[], float] = time.time


@dataclass(slots=True)
class _Run:
    """One follower at work."""

    plan: Plan
    voice: Voice
    stop: Stop
    home: Path
    eye: Eye
    looks: int = 0
    failures: int = 0
    judge: bool = True  # there may be lookups that were not judged yet
    missing: set[tuple[str, str]] = field(default_factory=set)
    read: set[str] = field(default_factory=set)  # logs read at the last look
    told: dict[tuple[str, str], None] = field(default_factory=dict)


def follow(plan: Plan, voice: Voice, stop: Stop) -> None:
    """Look, read, judge, listen, wait; and again. Returns when asked to stop.

    A disk that refuses is tried again, later each time; with ``strict`` it raises ReadError. Raises
    ConfigError for rules that cannot be loaded at the start.
    """
    load_rules(plan.options.rules)
    home = config.home(plan.options.home)
    run = _Run(plan, voice, stop, home, Eye(plan.paths, plan.every, QUIET + 1))
    with suppress(Stopped):
        while True:
            try:
                _session(run)
            except (ReadError, ConfigError) as problem:
                if plan.strict or plan.once or (isinstance(problem, ConfigError) and not run.looks):
                    raise
                wait = pause(run.failures, plan.every)
                run.failures += 1
                voice.word(f"{problem.where}: {problem.what}; again in {wait:.0f} s")
                stop.wait(wait)
            else:
                return


def _session(run: _Run) -> None:
    """Open what is needed and look again and again, until something refuses."""
    with store.writing(run.home, _progress(run)):
        run.stop.idle = False  # the home is made, and an earlier schema upgraded, before anything is read
    with rhythm.opened(run.home) as db:
        if not run.looks:
            _take_up(run, db)
        while True:
            took = _look(run, db)
            run.looks += 1
            if run.failures:
                run.failures = 0
                run.voice.word("works again")
            if run.plan.once:
                return
            run.stop.wait(max(run.plan.every, RESTING * took))


def _take_up(run: _Run, db: sqlite3.Connection) -> None:
    """Go on where an earlier run ended; alerts that were there before the first run are no news."""
    known, looked = rhythm.logs(db, run.plan.paths)
    logs = [Log(was.path, was.named, Sign(was.device, was.inode, was.size, 0, 0)) for was in known]
    changed.remember(run.eye, logs, looked, {was.path: was.since for was in known if was.since is not None})
    with store.opened(run.home) as lake:
        news.skip(lake, db)


def _look(run: _Run, db: sqlite3.Connection) -> float:
    """Look once at all logs, and read, judge and tell what is new; how many seconds looking alone took."""
    now, began = run.plan.clock(), time.monotonic()
    seen = changed.look(run.eye, now)
    took = time.monotonic() - began
    _tell_missing(run, seen.troubles)
    due = [_was(log, run.eye.before) for log in seen.due]
    rhythm.keep(db, rhythm.Found(run.plan.paths, due, seen.gone, sorted(run.read)), now)
    run.read.clear()
    heard: set[str] = set()
    for logs in _portions(seen.due):
        heard |= _read(run, logs)
        _judge(run, db)
    _judge(run, db)
    silent, again = rhythm.listened(db, heard, now, run.plan.every)
    for one in silent:
        run.voice.silence(one, True)
    for one in again:
        run.voice.silence(one, False)
    return took


def _was(log: Log, since: float) -> Was:
    return Was(log.path, log.named, log.sign.device, log.sign.inode, log.sign.size, since)


def _tell_missing(run: _Run, troubles: Sequence[Trouble]) -> None:
    """What a path on the command line lacks is told when it begins."""
    here = {(problem.where, problem.reason): problem for problem in troubles}
    for key, problem in here.items():
        if key not in run.missing:
            _say(run, problem)
    run.missing = set(here)


def _tell_once(run: _Run, problem: Trouble) -> None:
    key = (problem.where, problem.reason)
    if key not in run.told:
        _say(run, problem)
        run.told[key] = None
        if len(run.told) > REMEMBERED:
            del run.told[next(iter(run.told))]


def _say(run: _Run, problem: Trouble) -> None:
    place = f"{problem.where}:{problem.position}" if problem.position else problem.where
    run.voice.word(f"{place}: {problem.reason}{'; ' + problem.next_step if problem.next_step else ''}")


def _portions(logs: Sequence[Log]) -> Iterator[list[Log]]:
    portion: list[Log] = []
    size = 0
    for log in logs:
        portion.append(log)
        size += log.sign.size
        if size >= BYTES_AT_ONCE or len(portion) >= FILES_AT_ONCE:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _read(run: _Run, logs: Sequence[Log]) -> set[str]:
    """Put what is new in some logs into the lake; the sources that were heard.

    A log that stops the others is read by itself; what the lake itself refuses leaves as ReadError.
    """
    before = _reached(run, logs)
    try:
        done = ingest([log.path for log in logs], run.plan.options, False, _progress(run))
    except (ReadError, OSError) as problem:
        if isinstance(problem, ReadError) and problem.where == str(run.home):
            raise
        if len(logs) > 1:
            return {name for log in logs for name in _read(run, [log])}
        said = problem.what if isinstance(problem, ReadError) else problem.strerror or str(problem)
        done = Ingested()
        done.tally.troubles.append(Trouble(logs[0].path, None, said, "it is tried again later"))
    run.judge = run.judge or bool(done.added or done.completed)
    changed.read(run.eye, logs, _account(run, done), run.plan.clock())
    run.read |= {log.path for log in logs}
    after = _reached(run, logs)
    run.eye.replaced |= {after[number][0] for number in after.keys() - before} & {
        path for path, *_ in before.values()
    }
    return set(_heard(before, after, logs))


def _progress(run: _Run) -> Callable[[str], None]:
    """What long work calls between its steps: the place to end, if that is wanted."""

    def step(said: str) -> None:
        run.stop.idle = said.startswith("another glasshouse")
        if run.stop.idle:
            run.voice.word(said)
        run.stop.check()

    return step


def _account(run: _Run, done: Ingested) -> list[str]:
    """Tell what was read and what was not; the logs that could not be read as a whole."""
    tally = done.tally
    logs = done.new + done.grown + done.replaced
    if logs and done.added:
        run.voice.word(f"{done.added:,} new lookups in {logs:,} logs")
    bad = sum(count.quarantined for count in tally.sources.values())
    if bad:
        kept = tally.kept_in or "not kept; --quarantine DIR keeps them"
        run.voice.word(f"quarantined: {bad:,} {'record' if bad == 1 else 'records'}: {kept}")
    whole = [problem for problem in tally.troubles if problem.position is None]
    for problem in [*whole, *(one for one in tally.troubles if one.position is not None)][
        : len(whole) + TOLD
    ]:
        _tell_once(run, problem)
    return [problem.where for problem in whole]


def _reached(run: _Run, logs: Sequence[Log]) -> Reached:
    places = [(log.path, f"{log.sign.device}:{log.sign.inode}") for log in logs]
    with store.opened(run.home) as lake:
        return rhythm.reached(lake, places)


def _heard(before: Reached, after: Reached, logs: Sequence[Log]) -> Iterator[str]:
    """The sources something new came from, each named after its path and its log format."""
    named = {log.path: log.named for log in logs}
    for number, (path, source, offset) in after.items():
        if path in named and offset > before.get(number, (path, source, 0))[2]:
            yield f"{named[path]} ({source})"


def _judge(run: _Run, db: sqlite3.Connection) -> None:
    """Bring the alerts up to date if there is anything new, and tell those that are."""
    if not run.judge:
        return
    done = detect(run.plan.options, False, _progress(run))
    run.stop.idle = False
    for status in done.statuses:
        _tell_once(run, Trouble(f"rule {status.rule}", None, status.status, status.detail))
    with store.opened(run.home) as lake:
        news.tell(lake, db, run.plan.least, run.voice.alert)
    run.judge = False
