"""A certificate in; out, whether its key also serves other domains or has been in use for too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, Observation
from glasshouse.records import Level
from glasshouse.survey.lists import DAY, day, own_names, several
from glasshouse.survey.world import World, registrable

TITLE = "Key used again"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "medium"
REMEDY = "Make a new key for each certificate and each renewal"
VANISHES = "nothing at once: the log keeps the entries; the link between the names ends with the next key"
M1056 = False
_LONGEST = 398 * DAY  # what a certificate could live until 2026-03 (CA/Browser Forum, ballot SC-081)


@dataclass(slots=True)
class _Use:
    keys: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    first: int | None = None
    last: int | None = None


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on keys shared by domains, and lower on keys that were certified anew over more than 398 days."""
    spki = item.fact.spki_sha256
    use = world.memo("key_reused", _uses).get(spki) if spki else None
    if spki is None or use is None or len(use.keys) < 2:
        return
    ours, kept = own_names(item.fact, world), (use.last or 0) - (use.first or use.last or 0)
    if not ours or (len(use.domains) < 2 and kept <= _LONGEST):
        return
    wide = len(use.domains) > 1
    domains = tuple(sorted(use.domains))
    since = f"has been certified again since {day(use.first)}"
    yield Hit(
        key=spki,
        about=ours[0].removeprefix("*."),
        says=f"one key {f'serves {several(domains)}' if wide else since}, in {len(use.keys)} certificates",
        evidence=(item,),
        level=None if wide else "low",
    )


def _uses(world: World) -> dict[str, _Use]:
    found: dict[str, _Use] = {}
    for one in world.of(Certificate):
        fact = one.fact
        if not fact.spki_sha256 or not own_names(fact, world):
            continue
        use = found.setdefault(fact.spki_sha256, _Use())
        use.keys.add(fact.key)
        use.domains.update(registrable(name) or name for name in own_names(fact, world))
        if fact.not_before is not None:
            use.first = min(use.first or fact.not_before, fact.not_before)
            use.last = max(use.last or fact.not_before, fact.not_before)
    return found
