"""A service in; out, whether it is an industrial protocol that everybody on the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import open_port
from glasshouse.survey.world import World

TITLE = "Industrial control open to everybody"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "critical"
REMEDY = "Close it to the internet at once; reach it through a VPN, and tell the plant"
VANISHES = "the service, from scan databases at their next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires by the protocol the database spoke; by the port's number alone, less sure, where it told none."""
    yield from open_port("industrial", item, world)
