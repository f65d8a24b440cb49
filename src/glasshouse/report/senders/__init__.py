"""A sender's name in, the sender out: every module of this folder is one way to tell."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Protocol, cast

from glasshouse.errors import ConfigError
from glasshouse.report.notice import Message, Notice


class Sender(Protocol):
    """What every sender module offers. ``OPTIONS`` each with its help text; ``SECRETS`` are never shown."""

    TITLE: str
    OPTIONS: Mapping[str, str]
    SECRETS: tuple[str, ...]

    def message(self, notice: Notice, options: Mapping[str, str]) -> Message:
        """The message of a notice, secrets filled in; pure. Raises ConfigError for a wrong option."""
        ...


def names() -> tuple[str, ...]:
    """The names of all senders, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def sender(name: str) -> Sender:
    """The sender called ``name``; ConfigError, with the nearest name, when there is none."""
    known = names()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of: {', '.join(known)}"
        raise ConfigError(f"no way out named {name!r}", "notify", hint)
    return cast(Sender, import_module(f"{__name__}.{name}"))
