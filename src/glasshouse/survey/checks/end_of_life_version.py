"""A service in; out, the products on it whose maker mends them no longer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import ended, holder, place, software, sure
from glasshouse.survey.world import World

TITLE = "Product past its end of life"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "high"
REMEDY = "Move to a release that is still mended; close the service until then"
VANISHES = "the version, from scan databases at their next visit after the update"
M1056 = False
_DISTRIBUTION = re.compile(r"centos|red ?hat|debian|ubuntu|suse|\bel[6-9]\b|deb\d\d?u", re.IGNORECASE)


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on release lines of lists/end_of_life.yml; less sure where a Linux distribution may mend them."""
    fact = item.fact
    if not (fact.version or fact.cpes or fact.server or fact.title or fact.banner):
        return
    told: set[str] = set()
    for name, version in software(fact):
        line = ended(name, version)
        what = _named(line, line["cycle"]) if line else ""
        key = f"{fact.ip} {what}"
        if line is None or key in told or _micro(line["ended"]) > world.now:
            continue
        told.add(key)
        ours = holder(fact, world)
        if not ours:
            return
        packaged = _DISTRIBUTION.search(" ".join(filter(None, (fact.server, fact.version, fact.banner))))
        but = "; a Linux distribution may still mend it" if packaged else ""
        yield Hit(
            key=key,
            about=ours[0],
            says=f"{place(fact)} shows {_named(line, version)}, not mended by its maker since "
            f"{line['ended']} ({line['source']}){but}",
            evidence=(item,),
            confidence=sure(item, world, "low" if packaged else "medium"),
        )


def _named(line: Mapping[str, str], version: str) -> str:
    return line["name"] if line["name"].endswith(version) else f"{line['name']} {version}"


def _micro(date: str) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) * 1_000_000
