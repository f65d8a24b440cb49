"""An event as logged in, the same event without keys and passwords out: each replaced by its fingerprint."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from glasshouse.records import Event
from glasshouse.watch.redact import redact

# What looks like a key, wherever it stands: showing too little of a log is a smaller fault than a key.
_KEY_LIKE = re.compile(r"(?<![\w%-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{24,}(?![\w-])")


def mask(event: Event, key_names: Iterable[str], fingerprint: Callable[[str], str]) -> Event:
    """The event with every free text redacted."""
    names = tuple(key_names)

    def plain(text: str | None) -> str | None:
        return None if text is None else redact(text, fingerprint, names)

    def cover(text: str | None) -> str | None:
        said = plain(text)
        return said and _KEY_LIKE.sub(lambda found: f"<key {fingerprint(found.group())}>", said)

    return replace(
        event,
        name=plain(event.name),
        process=plain(event.process),
        url=cover(event.url),
        body=cover(event.body),
        payload=cover(event.payload),
        command_line=cover(event.command_line),
        user_agent=cover(event.user_agent),
    )
