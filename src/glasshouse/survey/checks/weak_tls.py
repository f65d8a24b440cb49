"""A service in; out, whether it still speaks versions of TLS that are given up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import day, holder, place, seen, sure
from glasshouse.survey.world import World

TITLE = "Old version of TLS"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "medium"
REMEDY = "Allow TLS 1.2 and 1.3 only (Mozilla's intermediate configuration)"
VANISHES = "the old versions, from scan databases at their next visit"
M1056 = False
# RFC 6176 (SSL 2.0), RFC 7568 (SSL 3.0), RFC 8996 (TLS 1.0 and 1.1)
_OLD = {"ssl2": "SSL 2.0", "ssl3": "SSL 3.0", "tls1": "TLS 1.0", "tls10": "TLS 1.0", "tls11": "TLS 1.1"}


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on what is offered below TLS 1.2; high for SSL."""
    fact = item.fact
    if not fact.tls_versions:
        return
    found = sorted({old for one in fact.tls_versions if (old := _OLD.get(_plain(one)))})
    ours = holder(fact, world) if found else None
    if ours:
        yield Hit(
            key=fact.key,
            about=ours[0],
            says=f"{place(fact)} offered {', '.join(found)} on {day(seen(item))}",
            evidence=(item,),
            level="high" if found[0].startswith("SSL") else None,
            confidence=sure(item, world, ours[1]),
        )


def _plain(said: str) -> str:
    """``TLSv1.0``, ``tls1_0`` and ``TLS 1.0`` are all ``tls10``."""
    return re.sub(r"[^a-z0-9]", "", said.lower().replace("v", "", 1)) if not said.startswith("-") else ""
