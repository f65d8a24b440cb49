"""What the other files of portable take in and give out: rules as any platform could say them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

What = Literal["lookups", "databases", "agents", "minutes", "hours", "days"]
Browsers = Literal["any", "none", "only"]


@dataclass(frozen=True, slots=True)
class Page:
    """A database that is known by host and path: ``pieces`` of the path in order, a target between two.

    They are in the letters the database uses; most platforms compare regardless of case. ``anchored``: the
    first piece begins the path. ``wide``: names below the hosts count, too.
    """

    database: str
    hosts: tuple[str, ...]
    pieces: tuple[str, ...]
    anchored: bool = True
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Hosts:
    """By which names a set of databases is known, all in small letters, without the dot at the end."""

    wide: tuple[str, ...] = ()  # themselves and everything below
    exact: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()  # one * stands for a part of one label, at least one character
    open: tuple[str, ...] = ()  # below a wide one, and yet no lookup: themselves and everything below
    pages: tuple[Page, ...] = ()
    whois: bool = False  # port 43 belongs to the set


@dataclass(frozen=True, slots=True)
class Database:
    """One open database of the set: its id, its name, its main technique, and the names it is known by."""

    id: str
    name: str
    techniques: tuple[str, ...]
    hosts: Hosts
    note: str = ""  # what its user should know: degraded, renamed


@dataclass(frozen=True, slots=True)
class Measure:
    """What has to be reached within the span: ``least`` lookups, different databases, days ..."""

    what: What
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One rule as another platform can say it; ``differs`` tells what gets lost on any of them.

    ``span`` is in seconds. With ``programs`` it is about the start of a program, and nothing is counted.
    """

    name: str
    title: str
    description: str
    level: str
    techniques: tuple[str, ...]
    falsepositives: tuple[str, ...]
    points: int = 0
    databases: tuple[Database, ...] = ()
    hosts: Hosts = Hosts()
    measures: tuple[Measure, ...] = ()
    span: int = 3600
    browsers: Browsers = "any"
    programs: tuple[str, ...] = ()  # program names in small letters, without ending; * at the end only
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """All that is to be said: rules, databases, and what was left out with the reason."""

    version: str
    dated: str  # the day the catalogue was last seen to be right
    licence: str
    scopes: tuple[str, ...]
    databases: tuple[Database, ...]
    hosts: Hosts
    sayings: tuple[Saying, ...]
    techniques: tuple[str, ...]
    unsaid: tuple[tuple[str, str], ...] = ()  # title of a rule, why it is not exported
    left_out: tuple[tuple[str, str], ...] = ()  # name of a database, why it is not exported


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export."""

    name: str
    text: str
