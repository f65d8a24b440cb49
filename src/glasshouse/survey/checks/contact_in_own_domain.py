"""A registration in; out, whether its holder is reached only at the very domain, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World, registrable

TITLE = "Contact cannot be reached when it matters"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "medium"
REMEDY = "Give a mail address at another domain of ours, with another registrar and other name servers"
VANISHES = ""
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on contacts with a mail address at the very domain, or at one that does not exist."""
    fact = item.fact
    if fact.object != "domain" or not world.owned(fact.name):
        return
    for contact in fact.contacts:
        domain = words.mail_domain(contact.email or "")
        if contact.role not in words.ROLES_ASKED or not domain:
            continue
        dead: list[Observation[Resolution]] = words.absent(world, domain)
        if dead or registrable(domain) == fact.name:
            why = f"{domain}, which does not exist" if dead else f"{domain}: with the domain the mail is lost"
            yield Hit(
                key=f"{fact.key} {contact.role} mail",
                about=fact.name,
                says=f"the {contact.role} contact of {fact.name} has its mail at {why}",
                evidence=(item, *dead),
                level="high" if dead else None,
            )
