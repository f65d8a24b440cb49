"""The settings in; what we know counted, servers asked for it, and who had an address, out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from glasshouse.config import Options
from glasshouse.flow_register import techniques
from glasshouse.know.background import Knowledge, know
from glasshouse.know.gather import answers, ask, gather, keep, where
from glasshouse.known import FACTS, Tenancy
from glasshouse.records import Trouble


@dataclass(frozen=True, slots=True)
class Origin:
    """One file or server: how many facts of which kinds it gave."""

    where: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one server said."""

    where: str
    facts: int
    troubles: tuple[Trouble, ...]
    kept: bool  # False: it could not be asked, and what it said before stays


def check(options: Options) -> tuple[list[Origin], tuple[Trouble, ...]]:
    """Every file and server with what it gives, and all troubles with them."""
    settings = options.settings
    found = []
    kept = {str(answers(settings.know, server)): where(server) for server in settings.know.fetch}
    gathered = gather(settings.know)
    for path, facts in gathered.by_origin.items():
        counts = Counter(name for fact in facts for name, kind in FACTS.items() if isinstance(fact, kind))
        found.append(Origin(kept.get(path, path), tuple(sorted(counts.items()))))
    return found, know(settings, techniques=techniques(options), found=gathered).troubles


def fetch(options: Options, say: Callable[[str], None]) -> Iterator[Fetched]:
    """Ask every server; an answer with facts takes the place of the last one, a failure leaves it."""
    for server in options.settings.know.fetch:
        say(where(server))
        found = ask(server)
        kept = bool(found.facts)
        if kept:
            keep(options.settings.know, server, found.facts)
        yield Fetched(where(server), len(found.facts), tuple(found.troubles), kept)


def who(options: Options, ip: str, low: int, high: int) -> tuple[Tenancy, ...]:
    """Who had an address between two times, inclusive."""
    known: Knowledge = know(options.settings)
    return known.directory.tenancies_of(ip, low, high)
