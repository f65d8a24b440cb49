"""Docker's JSON log lines in, what the container wrote out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_envelope import Inner, first_object, json_object, member

# https://docs.docker.com/engine/logging/drivers/json-file/
TITLE = "Docker json-file (also Kubernetes with Docker)"
FORMATS = ('{"log": "...\\n", "stream": "stdout", "time": "..."}, one a line',)
CUT = "json"
SPELLINGS = ("json",)
NEEDLES: tuple[bytes, ...] = ()
HEADER = False


def detect(head: bytes) -> int:
    """95 when the first object holds log, and stream or time."""
    first = first_object(head)
    return 95 if isinstance(first.get("log"), str) and ("stream" in first or "time" in first) else 0


def unwrap(record: bytes, layout: Layout) -> Iterator[Inner]:
    """The line in one object."""
    if record.strip(b" \t\r\n,[]"):
        yield from member(json_object(record), "log", layout, time="time", program="attrs.tag")
