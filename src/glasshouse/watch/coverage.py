"""What logs like these can show at all: the catalogue and what was read in, plain sentences out."""

from __future__ import annotations

from glasshouse.catalogue import Catalogue, OpenDatabase, Shape
from glasshouse.leaf import sources
from glasshouse.records import Tally

Ways = list[tuple[OpenDatabase, Shape]]

OUTSIDE = (
    "Lookups made from outside the network, from private devices or over networks whose logs were not read "
    "leave no trace here. T1596 is mostly done there: no alert does not mean nobody looked."
)
_URL_PLACES = ("path", "query", "query-base64")
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
    ways = [
        (entry, shape)
        for entry in catalogue.databases.values()
        for shape in entry.lookups
        if shape.where != "none"
    ]
    said = []
    if kinds & set(_NAMES):
        said.append(_by_name(ways, [kind for kind in _NAMES if kind in kinds]))
    if "url" in kinds:
        said.append(_by_url(ways))
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


def _by_name(ways: Ways, kinds: list[str]) -> str:
    seen = sum(entry.match != "path" for entry, _shape in ways)
    told = sum(shape.where == "dns-label" for _entry, shape in ways) if "dns" in kinds else 0
    return (
        f"Records that show names only ({', '.join(kinds)}) can tell {_of(seen, ways)} catalogued ways to "
        f"ask from ordinary browsing, and for {_of(told, ways)} what was asked about. How many requests "
        "one connection or one DNS question stands for is estimated, not seen."
    )


def _by_url(ways: Ways) -> str:
    told = sum(shape.where in _URL_PLACES for _entry, shape in ways)
    return (
        f"Records with URLs can show what was asked about for {_of(told, ways)} ways; but https URLs are "
        "logged only where a proxy or a sensor opens TLS, and bodies hardly ever."
    )


def _of(part: int, ways: Ways) -> str:
    return f"{part} of {len(ways)} ({part * 100 // len(ways)} %)"
