"""Names and labels in, literals of query languages out that nothing breaks out of; lists in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from glasshouse.portable.hosts import lower_first
from glasshouse.portable.pack import Database, Hosts

BROWSERS = ("brave", "chrome", "chromium", "firefox", "iexplore", "msedge", "opera", "safari", "vivaldi")
AGENT = "Mozilla/"
_BARE = re.compile(r"[^A-Za-z0-9 ._*/|()\[\]^$?+:@{},=<>&#;~!%-]")


def quoted(text: str, mark: str = '"') -> str:
    """A string literal: quotes, backslashes, backticks and all beyond ASCII become ``_``.

    Names of hosts, ids and the regular expressions of ``hosts`` hold none of them, so they stay as they are.
    """
    return mark + _BARE.sub("_", text) + mark


def single(text: str) -> str:
    """The same in single quotes."""
    return quoted(text, "'")


def array(values: Sequence[str], quote: Callable[[str], str] = quoted) -> str:
    """Literals with commas between them."""
    return ", ".join(quote(value) for value in values)


def narrowest_first(databases: Sequence[Database]) -> list[tuple[str, Hosts]]:
    """Ids and names of the databases that names can show, in the order a case expression needs."""
    found = [(each.id, each.hosts) for each in databases]
    return lower_first((name, hosts) for name, hosts in found if hosts.wide or hosts.exact or hosts.patterns)


def paged(databases: Sequence[Database]) -> list[tuple[str, Hosts]]:
    """Ids and names of the databases that paths show."""
    return [(each.id, each.hosts) for each in databases if each.hosts.pages]
