"""Seconds and a way to cut a connection in; a watch that ends whatever lasts longer, out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any


class Deadline:
    """Ends a connection that lasts too long, whatever it waits for: libraries limit single reads only."""

    def __init__(self, seconds: float, cut: Callable[[Any], None]) -> None:
        self.over = False
        self.connection: Any = None
        self._cut = cut
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Learns the connection as soon as it stands; httpx calls this for every step (its extension)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self.connection = info["return_value"].get_extra_info("socket")

    def _end(self) -> None:
        self.over = True
        if self.connection is not None:
            with contextlib.suppress(OSError):
                self._cut(self.connection)
