"""A service in; out, whether it shows a certificate for our name that no certificate log has."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import holder, place, sure
from glasshouse.survey.world import World

TITLE = "Certificate in use that no log has"
TECHNIQUE = "T1596.003"
ON = "service"
LEVEL: Level = "low"
REMEDY = "Find out who issued it: an issuer of our own is well, any other is not"
VANISHES = "nothing: the log never had it; scan databases forget it when the service closes"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires only where crt.sh answered completely about the domain, so that a missing entry means none."""
    fact = item.fact
    if not fact.certificate_serial or fact.self_signed or not fact.certificate_names:
        return
    ours = holder(fact, world)
    names = [one for one in fact.certificate_names if world.owned(one.removeprefix("*."))]
    if not ours or not names or world.issuances(fact.certificate_serial):
        return
    if not any(_asked(name, world) for name in names):
        return
    yield Hit(
        key=f"{names[0]} {fact.certificate_serial}",
        about=names[0].removeprefix("*."),
        says=f"{place(fact)} shows a certificate for {names[0]} (serial {fact.certificate_serial}) "
        "that crt.sh does not know",
        evidence=(item,),
        confidence=sure(item, world, "medium"),
    )


def _asked(name: str, world: World) -> bool:
    at = name.removeprefix("*.")
    while "." in at:
        if world.was_asked("crtsh", at):
            return True
        at = at.partition(".")[2]
    return False
