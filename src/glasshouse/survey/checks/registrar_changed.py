"""A judged change in; out, whether a domain of ours moved to another registrar and nobody recorded it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Judged
from glasshouse.observed import Registration
from glasshouse.records import Level
from glasshouse.survey.world import World

TITLE = "Registrar changed without a change record"
TECHNIQUE = "T1596.002"
ON = "change"
LEVEL: Level = "critical"
REMEDY = "Call the old registrar now and dispute the transfer; open an incident until it is explained"
VANISHES = ""
M1056 = False


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires when the registrar's IANA id is another, or its name where there is no id."""
    shift = item.shift
    if shift.kind != "changed" or item.verdict in ("approved", "expected"):
        return
    if shift.before is None or shift.after is None:
        return
    old, new = shift.before.fact, shift.after.fact
    if not isinstance(old, Registration) or not isinstance(new, Registration):
        return
    ids = old.registrar_id and new.registrar_id
    was, now = (old.registrar_id, new.registrar_id) if ids else (old.registrar, new.registrar)
    if was and now and was.casefold() != now.casefold() and world.owned(new.name):
        yield Hit(
            key=f"{new.key} registrar",
            about=new.name,
            says=f"{new.name} moved from {old.registrar or was} to {new.registrar or now}, "
            f"and no change record covers it",
            evidence=(shift.before, shift.after),
        )
