"""A name server's answer about a zone in; out, whether the server does not hold the zone it was given."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import lists, words
from glasshouse.survey.world import World

TITLE = "Name server does not hold the zone it is named for"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "high"
REMEDY = "Take the name server out of the delegation, or load the zone there; then ask each server again"
VANISHES = "the wrong name server, from the parent zone and registration data"
M1056 = False
_SILENT = "TIMEOUT"


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires when a named server of a zone of ours does not answer with authority about its SOA.

    Critical when no server does, or when the server's service lets any customer set up any zone. Silence
    counts for little: the way there may be broken.
    """
    fact = item.fact
    if fact.type != "SOA" or not fact.server or not world.owned(fact.name) or _holds(fact):
        return
    others = [one for one in world.resolutions(fact.name, "SOA") if one.fact.server not in ("", fact.server)]
    alone = not any(_holds(one.fact) for one in others)
    silent = fact.rcode == _SILENT
    hosts = {one["suffix"]: one["service"] for one in lists.entries("zone_hosts")}
    suffix = None if silent else words.suffix_of(fact.server, hosts)
    how = "did not answer" if silent else f"answered {fact.rcode}{_unsure(fact)}"
    claim = f"; if no zone exists at {hosts[suffix]}, somebody else could set it up there" if suffix else ""
    none = " and neither does any other server" if alone and others else ""
    yield Hit(
        key=f"{fact.name} NS {fact.server}",
        about=fact.name,
        says=f"{fact.server}, a name server of {fact.name}, {how}: it does not show the zone{none}{claim}",
        evidence=(item,),
        level="medium" if silent and not alone else "critical" if suffix or alone else None,
        confidence="low" if silent else "high",
    )


def _holds(fact: Resolution) -> bool:
    return fact.rcode == "NOERROR" and fact.authoritative is not False


def _unsure(fact: Resolution) -> str:
    return " without authority" if fact.rcode == "NOERROR" else ""
