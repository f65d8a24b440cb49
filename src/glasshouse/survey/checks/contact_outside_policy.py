"""A registration in; out, whether a contact's mail is at a domain that our policy does not allow."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Registration contact outside policy"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "medium"
REMEDY = "Give a mail address at one of the domains in survey.policy.contact_domains"
VANISHES = "the other address, from WHOIS and RDAP; sellers of WHOIS history keep old data"
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on contacts of ours whose mail domain is none the settings allow; without settings never."""
    fact, allowed = item.fact, world.policy.contact_domains
    if not allowed or not fact.contacts or not words.keeper(fact, world):
        return
    for contact in fact.contacts:
        domain = words.mail_domain(contact.email or "")
        if contact.role in words.ROLES_ASKED and domain and domain not in allowed:
            yield Hit(
                key=f"{fact.key} {contact.role} policy",
                about=fact.name,
                says=f"the {contact.role} contact of {fact.name} has its mail at {domain}, "
                f"and the settings allow {words.listed(allowed)} only",
                evidence=(item,),
            )
