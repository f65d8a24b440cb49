"""A judged change in; out, whether somebody else stands as the holder of what is ours."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Judged
from glasshouse.observed import Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Registrant changed without a change record"
TECHNIQUE = "T1596.002"
ON = "change"
LEVEL: Level = "critical"
REMEDY = "Call the registrar now, lock the account and the domain, and open an incident until it is explained"
VANISHES = ""
M1056 = False


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires when organisation, name or mail of the registrant is another; hidden data is no change."""
    shift = item.shift
    if shift.kind != "changed" or item.verdict in ("approved", "expected"):
        return
    if shift.before is None or shift.after is None:
        return
    old, new = shift.before.fact, shift.after.fact
    if not isinstance(old, Registration) or not isinstance(new, Registration):
        return
    was, now = _holder(old), _holder(new)
    other = [
        part for part, one in was.items() if one and now[part] and one.casefold() != now[part].casefold()
    ]
    if other and words.keeper(new, world):
        yield Hit(
            key=f"{new.key} registrant",
            about=new.name,
            says=f"the registrant of {new.name} changed ({', '.join(other)}), and no change record covers it",
            evidence=(shift.before, shift.after),
        )


def _holder(fact: Registration) -> dict[str, str]:
    one = next((one for one in fact.contacts if one.role == "registrant"), None)
    if one is None:
        return {"organisation": "", "name": "", "mail": ""}
    return {"organisation": one.organisation or "", "name": one.name or "", "mail": one.email or ""}
