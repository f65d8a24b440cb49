"""A judged change in; out, whether a public DNS record of ours changed and nobody recorded why."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Judged
from glasshouse.observed import DnsRecord
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "DNS record changed without a change record"
TECHNIQUE = "T1596.001"
ON = "change"
LEVEL: Level = "medium"
REMEDY = "Approve the change afterwards, or take it back"
VANISHES = ""
M1056 = False
_WORDS = {"new": "is new", "changed": "changed", "gone": "is gone"}


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires on unmanaged and suspicious records of ours; what is seen for the first time is left out.

    A record that passive DNS shows no longer is no change: only name servers can say that it is gone.
    """
    shift = item.shift
    one = shift.after or shift.before
    if shift.first_look or item.verdict not in ("unmanaged", "suspicious") or one is None:
        return
    fact = one.fact
    if not isinstance(fact, DnsRecord) or not world.owned(words.plain(fact.name)):
        return
    if (shift.kind == "gone" and not fact.live) or (fact.type == "NS" and words.is_apex(fact.name, world)):
        return  # name servers have a check of their own
    signs = f": {'; '.join(item.signs)}" if item.signs else ""
    yield Hit(
        key=fact.key,
        about=fact.name,
        says=f"the record {fact.key} {_WORDS[shift.kind]} and no change record covers it{signs}",
        evidence=tuple(seen for seen in (shift.before, shift.after) if seen),
        level="high" if item.verdict == "suspicious" else None,
    )
