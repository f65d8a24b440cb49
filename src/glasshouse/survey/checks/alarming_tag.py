"""A service in; out, whether a database calls it a honeypot, compromised or an industrial device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, place, seen, sure
from glasshouse.survey.world import World

TITLE = "Tag that draws attention"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Look into the machine; where the tag is wrong, ask the database to take it off"
VANISHES = "the tag, at the database's next visit"
M1056 = False
# Tags as Shodan and Censys give them, what they say, and how bad that is.
_TAGS: Mapping[str, tuple[str, Level]] = {
    "honeypot": ("a honeypot: our decoy is known, or the machine looks like one", "low"),
    "ics": ("an industrial control system", "high"),
    "scada": ("an industrial control system", "high"),
    "medical": ("a medical device", "high"),
    "compromised": ("compromised", "critical"),
    "malware": ("a host of malware", "critical"),
    "c2": ("a command and control server", "critical"),
    "doublepulsar": ("infected with DoublePulsar", "critical"),
    "scanner": ("a scanner of others", "medium"),
    "tor": ("a Tor node", "medium"),
    "eol-os": ("on an operating system past its end of life", "high"),
    "eol-product": ("a product past its end of life", "high"),
    "default-landing-page": ("showing a default page", "low"),
    "database": ("a database", "medium"),
    "open-dir": ("showing a list of files", "medium"),
}


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires once for each tag of an address; it is the database's word, nothing was looked into."""
    fact = item.fact
    if not fact.tags:
        return
    ours = holder(fact, world)
    for tag in fact.tags if ours else ():
        known = _TAGS.get(tag.casefold().replace("_", "-"))
        if ours and known:
            yield Hit(
                key=f"{fact.ip} {tag.casefold()}",
                about=ours[0],
                says=f"{item.database} calls {place(fact)} {known[0]} ({day(seen(item))})",
                evidence=(item,),
                level=known[1],
                confidence=sure(item, world, "medium"),
            )
