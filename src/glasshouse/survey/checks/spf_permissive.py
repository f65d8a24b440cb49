"""A TXT record in; out, whether its SPF lets every server send mail in our name."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "SPF lets every server send"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "End the SPF record with -all (or ~all while DMARC reports are read)"
VANISHES = "that mail can be forged in its name, from DNS"
M1056 = False


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on SPF records of ours that pass everybody (``+all``) or say nothing of the rest (``?all``)."""
    fact = item.fact
    if fact.type != "TXT" or not fact.live or not words.is_spf(fact.data):
        return
    last = [word for word in fact.data.casefold().split() if word in ("all", "+all", "?all")]
    if last and world.owned(words.plain(fact.name)):
        what = "leaves all other servers open" if last[0] == "?all" else "lets every server send its mail"
        yield Hit(
            key=f"{fact.name} SPF all",
            about=fact.name,
            says=f"{fact.name} {what}: its SPF record says {last[0]}",
            evidence=(item,),
            level=None if last[0] == "?all" else "high",
        )
