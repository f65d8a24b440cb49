"""A service in; out, whether it is a remote desktop that everybody on the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import open_port
from glasshouse.survey.world import World

TITLE = "Remote desktop open to everybody"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "critical"
REMEDY = "Close it to the internet; reach it through a VPN or a gateway with a second factor"
VANISHES = "the service, from scan databases at their next visit"
M1056 = False


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires by the protocol the database spoke; by the port's number alone, less sure, where it told none."""
    yield from open_port("desktop", item, world)
