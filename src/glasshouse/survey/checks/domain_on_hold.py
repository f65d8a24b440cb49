"""A registration in; out, whether a domain of ours is switched off or about to be deleted."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Domain is on hold or being deleted"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "critical"
REMEDY = "Ask the registrar today why, restore and renew it; after deletion anybody can register it"
VANISHES = "the status, from WHOIS and RDAP"
M1056 = False
_MEANS = {
    "clientHold": "the registrar took it out of DNS",
    "serverHold": "the registry took it out of DNS",
    "redemptionPeriod": "it was deleted and can still be restored",
    "pendingRestore": "it was deleted and is being restored",
    "pendingDelete": "it is being deleted",
}  # RFC 5731, RFC 3915


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on the statuses of EPP by which a domain is out of DNS or on its way out of our hands."""
    fact = item.fact
    held = [status for status in fact.statuses if status in _MEANS]
    if fact.object == "domain" and held and world.owned(fact.name):
        why = "; ".join(f"{_MEANS[status]} ({status})" for status in held)
        yield Hit(key=f"{fact.key} status", about=fact.name, says=f"{fact.name}: {why}", evidence=(item,))
