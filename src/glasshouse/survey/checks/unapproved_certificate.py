"""A judged change in; out, whether it is a new certificate for a name of ours that nobody approved."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Judged
from glasshouse.observed import Certificate
from glasshouse.records import Level
from glasshouse.survey.lists import day, organisation, own_names, several
from glasshouse.survey.world import World, registrable

TITLE = "Certificate that nobody approved"
TECHNIQUE = "T1596.003"
ON = "change"
LEVEL: Level = "high"
REMEDY = "Ask the name's owner who ordered it; if nobody did, have the issuer revoke it and narrow CAA"
VANISHES = ""
M1056 = False


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires on new certificates without approval; at the first look only where a sign adds to it."""
    after = item.shift.after
    if item.shift.kind != "new" or after is None or not isinstance(after.fact, Certificate):
        return
    if item.verdict != "suspicious" and (item.verdict != "unmanaged" or item.shift.first_look):
        return
    fact = after.fact
    names = own_names(fact, world)
    if not names:
        return
    key_name = any(_is_key(name, world) for name in names)
    signs = f" ({'; '.join(item.signs)})" if item.signs else ""
    yield Hit(
        key=fact.key,
        about=names[0].removeprefix("*."),
        says=f"{organisation(fact.issuer)} issued a certificate for {several(names)} valid from "
        f"{day(fact.not_before)}, and no approved change names it{signs}",
        evidence=(after,),
        level="critical" if key_name else None,
    )


def _is_key(name: str, world: World) -> bool:
    asset = world.owned(name.removeprefix("*."))
    high = asset is not None and asset.criticality in ("high", "critical")
    return high or registrable(name) in world.policy.key_domains
