"""Every error a user may meet: what is wrong, where, and what to do next; each with its exit code.

GlasshouseError
├── UsageError    2   the command line
├── ConfigError   3   a rule, catalogue entry or setting
├── ReadError     5   a file or folder cannot be read or written
└── Malformed     -   one record cannot be read: raised by sources, caught at the read door
"""

from __future__ import annotations


class GlasshouseError(Exception):
    """Root of all errors that are shown as one line, never as a traceback."""

    exit_code = 1

    def __init__(self, what: str, where: str = "", next_step: str = "") -> None:
        self.what, self.where, self.next_step = what, where, next_step
        super().__init__(what)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  next: {self.next_step}" if self.next_step else text


class UsageError(GlasshouseError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(GlasshouseError):
    """A rule, a catalogue entry or a setting is wrong."""

    exit_code = 3


class ReadError(GlasshouseError):
    """A file or folder cannot be read or written."""

    exit_code = 5


class Malformed(Exception):  # a fact about one record, not a failure of ours
    """One record cannot be read; the message is the reason, without the record's content."""
