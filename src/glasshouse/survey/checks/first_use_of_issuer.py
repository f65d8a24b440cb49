"""A judged change in; out, whether an issuer certified a name of ours that never did before."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Judged
from glasshouse.observed import Certificate
from glasshouse.records import Level
from glasshouse.survey.lists import organisation, own_names
from glasshouse.survey.world import World, registrable

TITLE = "First certificate of an issuer"
TECHNIQUE = "T1596.003"
ON = "change"
LEVEL: Level = "medium"
REMEDY = "Ask the name's owner whether the issuer was chosen; narrow CAA to the issuers in use"
VANISHES = ""
M1056 = False


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires on new certificates without approval, when other issuers are known and this one is not."""
    after = item.shift.after
    if item.shift.kind != "new" or item.shift.first_look or item.verdict == "approved":
        return
    if after is None or not isinstance(after.fact, Certificate) or after.fact.not_before is None:
        return
    ours = own_names(after.fact, world)
    who = organisation(after.fact.issuer)
    known = world.memo("first_use_of_issuer", _first)
    if not ours or not (known.keys() - {who.casefold()}):
        return
    if known.get(who.casefold(), after.fact.not_before) < after.fact.not_before:
        return
    yield Hit(
        key=f"{registrable(ours[0]) or ours[0]} {who.casefold()}",
        about=ours[0].removeprefix("*."),
        says=f"{who} certified {ours[0]}; it never issued for us before, as far as the logs show",
        evidence=(after,),
    )


def _first(world: World) -> dict[str, int]:
    """The start of each issuer's first certificate for us."""
    found: dict[str, int] = {}
    for one in world.of(Certificate):
        start = one.fact.not_before
        if start is not None and own_names(one.fact, world):
            who = organisation(one.fact.issuer).casefold()
            found[who] = min(found.get(who, start), start)
    return found
