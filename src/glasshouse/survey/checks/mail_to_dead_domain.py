"""An MX record in; out, whether mail for us goes to a name that does not exist or whose domain is dying."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Fact, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World, registrable

TITLE = "Mail is sent to a dead name"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "high"
REMEDY = "Correct or delete the MX record; whoever takes the name over reads the mail"
VANISHES = "the dead mail server, from public DNS"
M1056 = False
_DYING = ("pendingDelete", "redemptionPeriod", "serverHold", "clientHold")


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on live MX records of ours whose server is NXDOMAIN, or whose domain is held or being deleted."""
    fact = item.fact
    server = words.target(fact)
    if fact.type != "MX" or not fact.live or not server or not world.owned(fact.name):
        return
    evidence: list[Observation[Fact]] = [*words.absent(world, server, "A", "AAAA")]
    why = "which does not exist"
    domain = registrable(server)
    for one in world.registrations(domain) if domain and not evidence else ():
        dying = [status for status in one.fact.statuses if status in _DYING]
        if dying:
            evidence.append(one)
            why = f"whose domain {domain} is registered as {', '.join(dying)}"
    if evidence:
        says = f"mail for {fact.name} goes to {server}, {why}"
        yield Hit(key=fact.key, about=fact.name, says=says, evidence=(item, *evidence))
