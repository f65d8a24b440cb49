"""The outcome of a zone transfer in; out, whether a name server gives a whole zone of ours to anybody."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Name server gives the whole zone away"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "high"
REMEDY = "Allow zone transfers (AXFR, IXFR) to the secondary name servers only, by address and TSIG key"
VANISHES = "the list of all names of the zone; what was copied before stays copied"
M1056 = True


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires when a transfer of a zone of ours succeeded; the server that was asked is named."""
    fact = item.fact
    if fact.type != "AXFR" or fact.rcode != "NOERROR" or not fact.answers or not world.owned(fact.name):
        return
    server = fact.server or "a name server"
    says = f"{server} gave the whole zone {fact.name} to whoever asks: {fact.answers} records"
    yield Hit(key=f"{fact.name} AXFR {fact.server}", about=fact.name, says=says, evidence=(item,))
