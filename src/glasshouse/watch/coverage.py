"""What logs like these can show at all: the catalogue and what was read in, plain sentences out.

The numbers are those of the coverage ledger: one truth for ``hunt`` and ``coverage``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glasshouse.catalogue import Catalogue
from glasshouse.leaf import sources
from glasshouse.ledger import Grade, Way, grades_of
from glasshouse.records import Tally
from glasshouse.watch.ledger_grades import ways

OUTSIDE = (
    "Lookups made from outside the network, from private devices or over networks whose logs were not read "
    "leave no trace here. T1596 is mostly done there: no alert does not mean nobody looked."
)
_URLS = ("https", "query")
_NAMES = ("dns", "tls", "connect")


def blind_spots(catalogue: Catalogue, tally: Tally) -> tuple[str, ...]:
    """Sentences on what the logs of this run could not have shown, the share of known lookups first."""
    kinds = {kind for count in tally.sources.values() for kind in count.kinds}
    known = sources()
    read = [name for name, count in sorted(tally.sources.items()) if count.records and name in known]
    told = [f"{name}: {sentence}" for name in read for sentence in known[name].BLIND]
    return (*shares(catalogue, kinds), OUTSIDE, *told)


def shares(catalogue: Catalogue, kinds: set[str]) -> list[str]:
    """Per kind of record that was read: of all catalogued ways to ask, how many it can show at all."""
    some = [way for way in ways(catalogue) if way.place != "none"]
    said = []
    if kinds & set(_NAMES):
        said.append(_by_name(some, [kind for kind in _NAMES if kind in kinds]))
    if "url" in kinds:
        said.append(_by_url(some))
    if "flow" in kinds:
        said.append(
            "Connections without names show WHOIS on port 43 and how much a known connection carried, "
            "nothing else."
        )
    if "process" in kinds:
        said.append(
            "Command lines show a lookup only when it was typed there: what a browser, a library or a "
            "running tool asks is not in them."
        )
    return said or ["No record that was read names a host, a URL or a program: no lookup could be seen."]


def _by_name(some: Sequence[Way], kinds: list[str]) -> str:
    seen, told = _count(some, kinds, "target", "database"), _count(some, kinds, "target")
    return (
        f"Records that show names only ({', '.join(kinds)}) can tell {_of(seen, some)} catalogued ways to "
        f"ask from ordinary browsing, and for {_of(told, some)} what was asked about. How many requests "
        "one connection or one DNS question stands for is estimated, not seen."
    )


def _by_url(some: Sequence[Way]) -> str:
    return (
        f"Records with URLs can show what was asked about for {_of(_count(some, _URLS, 'target'), some)} "
        "ways; but https URLs are logged only where a proxy or a sensor opens TLS, and bodies hardly ever."
    )


def _count(some: Sequence[Way], kinds: Iterable[str], *grades: Grade) -> int:
    found = grades_of(some, kinds)
    return sum(found[grade] for grade in grades)


def _of(part: int, some: Sequence[Way]) -> str:
    return f"{part} of {len(some)} ({part * 100 // len(some)} %)"
