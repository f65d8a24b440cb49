"""A registration in; out, whether it shows a person to everybody instead of a role."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Contact, Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Person in registration data"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "medium"
REMEDY = (
    "Replace it by a role with a shared mailbox and switchboard number, and order redaction at the registrar"
)
VANISHES = (
    "the person's name, mail and telephone, from WHOIS and RDAP; sellers of WHOIS history keep old data"
)
M1056 = True


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on contacts of ours that read like a person, or with a private mailbox.

    What it says holds neither name nor address: the finding travels further than registration data should.
    """
    fact = item.fact
    if not fact.contacts or not words.keeper(fact, world):
        return
    for role in words.ROLES_ASKED:
        shown = [one for one in fact.contacts if one.role == role and words.is_person(one)]
        if shown:
            yield Hit(
                key=f"{fact.key} {role}",
                about=fact.name,
                says=f"the {role} contact of {fact.name} shows {words.listed(_shows(shown[0]), 6)}",
                evidence=(item,),
                confidence="medium",
            )


def _shows(contact: Contact) -> Iterator[str]:
    """Which kinds of data are public."""
    if contact.name and not words.is_role(contact.name):
        yield "a person's name"
    if contact.email:
        domain = words.mail_domain(contact.email)
        yield f"a private mailbox at {domain}" if domain in words.free_mail() else "a mail address"
    if contact.phone:
        yield "a telephone number"
    if contact.address:
        yield "a postal address"
