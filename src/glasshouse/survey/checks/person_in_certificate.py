"""A certificate in; out, the mailboxes and departments that its log entry shows to everybody."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import entries, own_names, short
from glasshouse.survey.world import World

TITLE = "Person or department in a certificate"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "low"
REMEDY = "The log keeps it for ever: leave mail and department out of the template for the next one"
VANISHES = ""
M1056 = True
_NOT_OURS = tuple(one["text"] for one in entries("certificate_units"))


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on mail addresses and organisational units, without the units issuers write in themselves."""
    fact = item.fact
    if not fact.emails and not fact.unit:
        return
    ours = own_names(fact, world)
    if not ours:
        return
    for mail in fact.emails:
        says = f"a certificate for {ours[0]} shows the mailbox {short(mail)}"
        yield Hit(key=mail.casefold(), about=ours[0].removeprefix("*."), says=says, evidence=(item,))
    if fact.unit and not fact.unit.casefold().startswith(_NOT_OURS):
        says = f"a certificate for {ours[0]} shows the department {short(fact.unit)!r}"
        yield Hit(
            key=f"unit {fact.unit.casefold()}", about=ours[0].removeprefix("*."), says=says, evidence=(item,)
        )
