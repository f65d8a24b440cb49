"""Paths as the user names them in, the logs to read out; what is no log, or cannot be reached, is told."""

from __future__ import annotations

import glob
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from glasshouse.errors import ReadError
from glasshouse.records import Trouble
from glasshouse.watch.span import Span
from glasshouse.watch.unpack import UNPACKED_LIMIT

BLOCK = 4 << 20
SKIPPED_NAMES = (".sha256", ".md5", ".pcap", ".pcap.gz", ".zip")
STDIN = "-"
_CHECK = "check the path and your rights"
Told = Callable[[Trouble], None]


@dataclass(frozen=True, slots=True)
class Input:
    """One log to read: where it is, what to call it, and its date (for logs that write no year)."""

    path: Path
    label: str
    today: datetime
    size: int = 1
    private: bool = False  # our own copy of a pipe, to be removed afterwards
    unpacked_limit: int = UNPACKED_LIMIT
    span: Span | None = None  # a part of the file instead of all of it


class _Found(NamedTuple):
    path: str
    said: os.stat_result


def inputs(
    paths: Sequence[str], told: Told = lambda _trouble: None, unpacked_limit: int = UNPACKED_LIMIT
) -> Iterator[Input]:
    """Files, folders (searched through), globs, pipes and "-" (standard input) as Inputs, each once.

    A path that does not exist raises ReadError; whatever in a folder cannot be read becomes a Trouble.
    """
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if path == STDIN:
            yield _spool("/dev/stdin", STDIN, unpacked_limit)
            continue
        for found in _named(path, told):
            place = (found.said.st_dev, found.said.st_ino)
            if place in seen:
                continue
            seen.add(place)
            if stat.S_ISFIFO(found.said.st_mode):
                yield _spool(found.path, found.path, unpacked_limit)
                continue
            changed = _date(found.said.st_mtime)
            yield Input(Path(found.path), found.path, changed, found.said.st_size, False, unpacked_limit)


def forget(item: Input) -> None:
    """Remove the private copy of a pipe."""
    if item.private:
        item.path.unlink(missing_ok=True)


def _date(seconds: float) -> datetime:
    """A file's date; file systems carry dates that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def _named(path: str, told: Told) -> Iterator[_Found]:
    """What one path on the command line stands for."""
    try:
        said = os.stat(path)  # noqa: PTH116 -- Path() would normalise what the user wrote
    except FileNotFoundError:
        yield from _globbed(path, told)
        return
    except (OSError, ValueError) as problem:
        raise ReadError(_reason(problem), path, _CHECK) from problem
    if stat.S_ISDIR(said.st_mode):
        yield from _walked(os.path.normpath(path), told)
    elif stat.S_ISREG(said.st_mode) or stat.S_ISFIFO(said.st_mode):
        yield _Found(os.path.normpath(path) if stat.S_ISREG(said.st_mode) else path, said)
    else:
        raise ReadError("neither a file, a folder nor a pipe", path, "name the log itself")


def _globbed(path: str, told: Told) -> Iterator[_Found]:
    matches = sorted(glob.glob(path, recursive=True))  # noqa: PTH207 -- absolute globs
    if not matches:
        broken = os.path.islink(path)  # noqa: PTH114 -- see above
        what = "a link that leads nowhere" if broken else "no such file or folder"
        raise ReadError(what, path, "check the path; quote globs you want expanded here")
    for match in matches:
        found = _stat(match, told)
        if found is not None and not stat.S_ISDIR(found.said.st_mode):
            yield from _readable(found, told)


def _walked(folder: str, told: Told) -> Iterator[_Found]:
    """Every file below a folder, by name; links to folders are not followed, so nothing goes in circles."""
    root = os.path.realpath(folder)
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        found = _stat(here, told)
        if found is None:
            continue
        if not stat.S_ISDIR(found.said.st_mode):
            if not here.endswith(SKIPPED_NAMES):
                yield from _readable(found, told)
        elif here != folder and os.path.islink(here):  # noqa: PTH114
            _tell_of_link(here, root, told)
        else:
            waiting += _entries(here, told)


def _entries(folder: str, told: Told) -> list[str]:
    try:
        names = sorted(os.listdir(folder), reverse=True)  # noqa: PTH208 -- plain text is faster for 100,000 files
    except OSError as problem:
        told(Trouble(folder, None, _reason(problem), _CHECK))
        return []
    return [os.path.join(folder, name) for name in names]  # noqa: PTH118 -- the same


def _tell_of_link(link: str, root: str, told: Told) -> None:
    target = os.path.realpath(link)
    if os.path.commonpath([target, root]) != root:
        told(Trouble(link, None, "a link to a folder elsewhere, not followed", f"name {target} to read it"))


def _stat(path: str, told: Told) -> _Found | None:
    try:
        return _Found(path, os.stat(path))  # noqa: PTH116 -- plain text is faster for 100,000 files
    except OSError as problem:
        broken = isinstance(problem, FileNotFoundError) and os.path.islink(path)  # noqa: PTH114
        reason = "a link that leads nowhere" if broken else _reason(problem)
        told(Trouble(path, None, reason, _CHECK))
        return None


def _readable(found: _Found, told: Told) -> Iterator[_Found]:
    """The file itself; pipes and devices met on the way could hold up the run for ever."""
    if stat.S_ISREG(found.said.st_mode):
        yield found
    else:
        told(Trouble(found.path, None, "not a plain file, passed over", "name a pipe itself to read it"))


def _reason(problem: OSError | ValueError) -> str:
    said = problem.strerror if isinstance(problem, OSError) else None
    return (said or str(problem) or type(problem).__name__)[:200]


def _spool(source: str, label: str, unpacked_limit: int) -> Input:
    """A pipe as a private temporary file, because connections may need a second look."""
    with ExitStack() as undo:
        try:
            copy = undo.enter_context(tempfile.NamedTemporaryFile(prefix="glasshouse-", delete=False))
            undo.callback(Path(copy.name).unlink, missing_ok=True)
            with open(source, "rb") as pipe:  # noqa: PTH123 -- /dev/fd/63 must not be normalised
                while block := pipe.read(BLOCK):
                    copy.write(block)
            size = copy.tell()
            copy.close()
        except OSError as problem:
            said = f"cannot be copied: {_reason(problem)}"
            raise ReadError(said, label, "check the temporary folder") from problem
        undo.pop_all()
    return Input(Path(copy.name), label, datetime.now(UTC), size, True, unpacked_limit)
