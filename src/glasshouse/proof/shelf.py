"""Lines with their times in, log files in order of time out: whole days are sorted, so memory stays small."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

from glasshouse.acts import LogFile
from glasshouse.proof.clock import DAY

Line = tuple[int, str]


class Shelf:
    """The log files of one corpus while they grow; ``put`` in any order within the days not yet written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._days: dict[int, dict[str, list[Line]]] = {}
        self._open: dict[str, IO[bytes]] = {}
        self._hashes: dict[str, hashlib._Hash] = {}
        self._kinds: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_problem: object) -> None:
        for file in self._open.values():
            file.close()

    def begin(self, path: str, kind: str, header: str) -> None:
        """A log file with its first lines."""
        if path in self._open:
            return
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        self._open[path] = file.open("wb")
        self._hashes[path] = hashlib.sha256()
        self._kinds[path], self._counts[path] = kind, 0
        self._write(path, header)

    def put(self, path: str, time: int, line: str) -> None:
        """One record; a line of a day that was written already is an error of the caller."""
        day = self._days.setdefault(time // DAY, {})
        day.setdefault(path, []).append((time, line))

    def finish_before(self, time: int) -> None:
        """Write all days that end before a time."""
        for day in sorted(self._days):
            if (day + 1) * DAY <= time:
                for path, lines in sorted(self._days.pop(day).items()):
                    lines.sort()
                    text = "".join([line for _, line in lines])
                    self._counts[path] += text.count("\n")
                    self._write(path, text)

    def text(self, path: str, text: str) -> None:
        """A whole file that is no log."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    def close(self) -> tuple[LogFile, ...]:
        """Write the rest and tell what was made."""
        if self._days:
            self.finish_before((max(self._days) + 1) * DAY)
        self.__exit__()
        return tuple(
            LogFile(
                path=path,
                kind=self._kinds[path],
                records=self._counts[path],
                sha256=self._hashes[path].hexdigest(),
            )
            for path in sorted(self._open)
        )

    def _write(self, path: str, text: str) -> None:
        data = text.encode()
        self._hashes[path].update(data)
        self._open[path].write(data)
