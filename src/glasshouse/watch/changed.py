"""Paths to keep an eye on in; the logs that changed since the last look out, by date and size alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from glasshouse.errors import ReadError
from glasshouse.records import Trouble
from glasshouse.watch.listing import STDIN, inputs

NANO = 1_000_000_000
LINGER = 3600  # seconds a rotated log is watched after its last change: writers hold on to the file they know
LONGEST_PAUSE = 600.0
_ENDINGS = ".-_"  # what stands between a log's name and its number or date once it is rotated


class Sign(NamedTuple):
    """What tells, without opening it, that a file changed."""

    device: int
    inode: int
    size: int
    modified: int  # nanoseconds
    altered: int  # the same; changes with rights and names, too


class Log(NamedTuple):
    """One file to read now: its path, the path on the command line it belongs to, and its sign."""

    path: str
    named: str
    sign: Sign


@dataclass(slots=True)
class _Seen:
    sign: Sign
    settled: bool  # it was read when nothing had been written to it for a while


@dataclass(slots=True)
class _Failing:
    times: int
    until: float


@dataclass(slots=True)
class Eye:
    """What is remembered between looks."""

    paths: Sequence[str]
    every: float
    quiet: float  # seconds after which a last line without line end counts
    seen: dict[str, _Seen] = field(default_factory=dict)
    failing: dict[str, _Failing] = field(default_factory=dict)
    rotated: dict[str, Log] = field(default_factory=dict)  # logs that went on under another name
    looked: float = 0.0
    before: float = 0.0  # the look before that
    replaced: set[str] = field(default_factory=set)  # logs that were found to hold something else than before


class Look(NamedTuple):
    """What one look found."""

    due: list[Log]  # new, changed, to be tried again, or at rest only now; oldest first
    gone: list[str]
    troubles: list[Trouble]
    logs: int  # all of them


def look(eye: Eye, now: float) -> Look:
    """Look at the dates and sizes of all logs."""
    troubles: list[Trouble] = []
    here = {log.path: log for path in eye.paths for log in _under(path, troubles)}
    for log in _successors(eye, here):
        eye.rotated.setdefault(log.path, log)
    eye.replaced.clear()
    here |= dict(_lingering(eye, here, now))
    gone = sorted(eye.seen.keys() - here.keys())
    for path in gone:
        del eye.seen[path]
        eye.failing.pop(path, None)
    eye.before, eye.looked = eye.looked, now
    due = [log for log in here.values() if _is_due(eye, log, now)]
    return Look(sorted(due, key=lambda log: log.sign.modified), gone, troubles, len(here))


def _under(path: str, troubles: list[Trouble]) -> Iterator[Log]:
    """The logs that one path on the command line stands for at this moment."""
    sign = sign_of(path)
    if path == STDIN or (sign is None and _is_pipe(path)):
        troubles.append(Trouble(path, None, "a pipe cannot be followed", "glasshouse ingest reads it once"))
        return
    try:
        for item in inputs([path], troubles.append):
            found = sign_of(item.label)
            if found:
                yield Log(item.label, path, found)
    except ReadError as problem:
        troubles.append(Trouble(problem.where, None, problem.what, "it is read as soon as that is possible"))


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116 -- Path() would normalise what the user wrote
    except (OSError, ValueError):
        return False


def sign_of(path: str) -> Sign | None:
    """The sign of a plain file; None when there is none."""
    try:
        said = os.stat(path)  # noqa: PTH116 -- plain text is faster for 100,000 files
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(said.st_mode):
        return None
    return Sign(said.st_dev, said.st_ino, said.st_size, said.st_mtime_ns, said.st_ctime_ns)


def remember(eye: Eye, known: Iterable[Log], looked: float, unsure: Mapping[str, float]) -> None:
    """Take up where an earlier run left off: how its logs were, so that a rotation since then is seen.

    Unsure are logs whose reading was cut off: each with the look since which it may have been replaced.
    """
    for log in known:
        eye.seen[log.path] = _Seen(log.sign, settled=False)
        if sign_of(log.path):
            eye.rotated[log.path] = log  # unless it is among the logs named
    eye.looked = looked
    eye.before = min([looked, *unsure.values()])
    eye.replaced = set(unsure)


def _successors(eye: Eye, here: Mapping[str, Log]) -> Iterator[Log]:
    """Where the end of logs went that were moved away, or copied and emptied, since the last look."""
    folders: dict[str, list[str]] = {}
    for path, seen in eye.seen.items():
        now = here.get(path)
        refilled = path in eye.replaced
        if now and now.sign[:2] == seen.sign[:2] and now.sign.size >= seen.sign.size and not refilled:
            continue
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = _names(folder)
        for other in folders[folder]:
            place = os.path.join(folder, other)  # noqa: PTH118 -- labels stay as the user wrote them
            sign = sign_of(place) if other != name and place not in here else None
            if sign and _goes_on(seen.sign, name, other, sign, eye.before if refilled else eye.looked):
                yield Log(place, now.named if now else path, sign)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder or "."))  # noqa: PTH208 -- plain text is faster
    except OSError:
        return []


def _goes_on(old: Sign, name: str, other: str, sign: Sign, looked: float) -> bool:
    """Whether a neighbour is a log that was rotated: the same file, or a copy with a longer name."""
    if sign[:2] == old[:2]:
        return True
    longer = other.startswith(name) and other[len(name) : len(name) + 1] in _ENDINGS
    return longer and sign.altered >= (looked - 1) * NANO


def _lingering(eye: Eye, here: Mapping[str, Log], now: float) -> Iterator[tuple[str, Log]]:
    """Rotated logs that may still be written to, until they have been at rest for long."""
    for path, log in list(eye.rotated.items()):
        sign = sign_of(path)
        rested = path in eye.seen and sign is not None and now - sign.altered / NANO > LINGER
        if sign is None or path in here or rested:
            del eye.rotated[path]
            continue
        yield path, log._replace(sign=sign)


def _is_due(eye: Eye, log: Log, now: float) -> bool:
    failing, seen = eye.failing.get(log.path), eye.seen.get(log.path)
    if failing:
        return now >= failing.until
    if seen is None or seen.sign != log.sign:
        return True
    return not seen.settled and _at_rest(eye, log, now)


def _at_rest(eye: Eye, log: Log, now: float) -> bool:
    return now - log.sign.modified / NANO >= eye.quiet


def read(eye: Eye, logs: Iterable[Log], troubled: Iterable[str], now: float) -> None:
    """Account for logs that were read; those that made trouble are tried again later, and later each time."""
    bad = set(troubled)
    for log in logs:
        eye.seen[log.path] = _Seen(log.sign, _at_rest(eye, log, now))
        if log.path in bad:
            failing = eye.failing.setdefault(log.path, _Failing(0, now))
            failing.until = now + pause(failing.times, eye.every)
            failing.times += 1
        else:
            eye.failing.pop(log.path, None)


def pause(times: int, every: float) -> float:
    """Seconds to wait after so many failures in a row."""
    return min(max(every, 1.0) * 2.0 ** min(times, 20), max(LONGEST_PAUSE, every))
