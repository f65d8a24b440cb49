"""An event as logged in, the same event without keys and passwords out: each replaced by its fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from glasshouse.records import Event
from glasshouse.watch.redact import redact


def mask(event: Event, key_names: Iterable[str], fingerprint: Callable[[str], str]) -> Event:
    """The event with every free text redacted."""
    names = tuple(key_names)

    def cover(text: str | None) -> str | None:
        return None if text is None else redact(text, fingerprint, names)

    return replace(
        event,
        name=cover(event.name),
        url=cover(event.url),
        body=cover(event.body),
        payload=cover(event.payload),
        process=cover(event.process),
        command_line=cover(event.command_line),
        user_agent=cover(event.user_agent),
    )
