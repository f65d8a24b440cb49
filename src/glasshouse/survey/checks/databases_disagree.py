"""A service in; out, whether another database tells another product or version there."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, place, product, seen
from glasshouse.survey.world import World

TITLE = "Databases disagree about a service"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "informational"
REMEDY = "Look at the service itself before acting on what either says"
VANISHES = ""
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on different products, or different versions of one; both are kept and shown."""
    fact = item.fact
    if not fact.product:
        return
    for other in world.services(fact.ip):
        if other.fact.key == fact.key and other.database > item.database and _differ(fact, other.fact):
            ours = holder(fact, world)
            if ours:
                yield Hit(
                    key=fact.key,
                    about=ours[0],
                    says=f"at {place(fact)} {item.database} saw {product(fact)} on {day(seen(item))}, "
                    f"{other.database} saw {product(other.fact)} on {day(seen(other))}",
                    evidence=(item, other),
                )
            return


def _differ(a: Service, b: Service) -> bool:
    """Whether two descriptions contradict each other: one name may be part of the other's."""
    if not a.product or not b.product:
        return False
    x, y = a.product.casefold(), b.product.casefold()
    if x not in y and y not in x:
        return x.split()[0] not in y.split() and y.split()[0] not in x.split()
    return bool(a.version and b.version) and a.version != b.version
