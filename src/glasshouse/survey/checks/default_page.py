"""A service in; out, whether it shows a page that nobody meant to show."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import entries, holder, place, short, sure
from glasshouse.survey.world import World

TITLE = "Default page, list of files or open documentation"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Remove the page, turn listing off, and put documentation and dashboards behind a login"
VANISHES = "the page, from scan databases at their next visit"
M1056 = False
_PAGES = tuple((one["at"] == "start", one["text"], one["name"]) for one in entries("default_pages"))


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on titles of lists/default_pages.yml."""
    fact = item.fact
    if not fact.title:
        return
    title = " ".join(fact.title.casefold().split())
    name = next(
        (n for start, text, n in _PAGES if (title.startswith(text) if start else text in title)), None
    )
    ours = holder(fact, world) if name else None
    if ours:
        yield Hit(
            key=fact.key,
            about=ours[0],
            says=f"{place(fact)} shows {name}, titled {short(fact.title)!r}",
            evidence=(item,),
            confidence=sure(item, world, ours[1]),
        )
