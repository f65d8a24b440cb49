"""A service in; out, whether it shows the same certificate or favicon as our site behind a CDN."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import holder, place, sure
from glasshouse.survey.world import World

TITLE = "Origin shows the certificate of the site"
TECHNIQUE = "T1596.004"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Give the origin a certificate of its own that only the CDN trusts, and let only the CDN in"
VANISHES = "the tie between address and site, from scan databases at their next visit"
M1056 = False
_Marks = dict[str, tuple[str, Observation[Service]]]


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on services outside the CDN with what the same database network saw at an address inside it."""
    fact = item.fact
    if not (fact.certificate_serial or fact.favicon) or world.provider(fact.ip, "cdn", "waf"):
        return
    ours = holder(fact, world)
    if not ours:
        return
    marks = world.memo("origin_shares_certificate", _marks)
    for what, mark in _of(fact):
        if mark in marks:
            name, front = marks[mark]
            yield Hit(
                key=f"{fact.key} {what}",
                about=ours[0],
                says=f"{place(fact)} shows the same {what} as {name} at {front.fact.ip} behind the CDN",
                evidence=(item, front),
                confidence=sure(item, world, "high" if what == "certificate" else "medium"),
            )


def _of(fact: Service) -> Iterator[tuple[str, str]]:
    if fact.certificate_serial and fact.certificate_names:
        yield "certificate", f"{fact.certificate_serial} {fact.certificate_names[0]}"
    if fact.favicon and fact.favicon != "0":
        yield "favicon", f"favicon {fact.favicon}"


def _marks(world: World) -> _Marks:
    """What services of ours inside a CDN show."""
    found: _Marks = {}
    for one in world.of(Service):
        names = (*one.fact.certificate_names, *one.fact.hostnames)
        name = next((n for n in names if world.owned(n.removeprefix("*."))), None)
        if name and world.provider(one.fact.ip, "cdn", "waf"):
            for _, mark in _of(one.fact):
                found.setdefault(mark, (name, one))
    return found
