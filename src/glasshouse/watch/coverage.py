"""What logs like these can show at all: the catalogue and what was read in, plain sentences out."""

from __future__ import annotations

from glasshouse.catalogue import Catalogue, OpenDatabase, Shape
from glasshouse.leaf import sources
from glasshouse.records import Tally

OUTSIDE = (
    "Lookups made from outside the network, from private devices or over networks whose logs were not read "
    "leave no trace here. T1596 is mostly done there: no alert does not mean nobody looked."
)
_URL_PLACES = ("path", "query", "query-base64")


def blind_spots(catalogue: Catalogue, tally: Tally) -> tuple[str, ...]:
    """Sentences on what the logs of this run could not have shown, the share of known lookups first."""
    kinds = {kind for count in tally.sources.values() for kind in count.kinds}
    if not kinds:
        return (OUTSIDE, "No record of these logs named an open database: nothing could be seen.")
    told = [shares(catalogue, kinds)]
    known = sources()
    for name, count in sorted(tally.sources.items()):
        if count.records and name in known:
            told.extend(f"{name}: {sentence}" for sentence in known[name].BLIND)
    return (*told, OUTSIDE)


def shares(catalogue: Catalogue, kinds: set[str]) -> str:
    """How many of the catalogued ways to ask these kinds of log record show, and with their target."""
    ways = [
        (entry, shape)
        for entry in catalogue.databases.values()
        for shape in entry.lookups
        if shape.where != "none"
    ]
    seen = sum(_shown(entry, kinds) for entry, _shape in ways)
    told = sum(_target_shown(shape, kinds) for _entry, shape in ways)
    names = ", ".join(sorted(kinds))
    ways_to_ask = f"{len(ways)} catalogued ways to ask an open database"
    return (
        f"With these logs ({names}), {seen} of the {ways_to_ask} can be noticed "
        f"({seen * 100 // len(ways)} %), and for {told} of them ({told * 100 // len(ways)} %) what was asked "
        "about. Requests that share one encrypted connection are estimated, not seen."
    )


def _shown(entry: OpenDatabase, kinds: set[str]) -> bool:
    if entry.match == "path":
        return "url" in kinds or "process" in kinds
    return bool(kinds & {"dns", "tls", "url", "connect", "process"}) or (
        43 in entry.ports and "flow" in kinds
    )


def _target_shown(shape: Shape, kinds: set[str]) -> bool:
    if "process" in kinds:
        return True
    if shape.where == "dns-label":
        return "dns" in kinds
    return shape.where in _URL_PLACES and "url" in kinds
