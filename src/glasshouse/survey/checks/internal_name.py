"""A DNS record in; out, whether it shows how systems of the internal network are called."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import lists, words
from glasshouse.survey.world import World, registrable

TITLE = "Internal name in public DNS"
TECHNIQUE = "T1596.001"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Serve this name from the internal name servers only (split horizon) and delete the public record"
VANISHES = "the internal name, from public DNS; passive DNS keeps old answers"
M1056 = True
_LEADING = ("CNAME", "MX", "NS", "SRV", "PTR", "DNAME")


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on names of ours with a label such as ``intranet``, and on records that lead to ``….local``."""
    fact = item.fact
    leads = fact.type in _LEADING and _is_internal(words.target(fact))
    if not (leads or _label(fact.name)) or not world.owned(words.plain(fact.name)):
        return
    if leads:
        says = f"{fact.name} leads to {words.target(fact)}, a name that exists on an internal network only"
        yield Hit(key=fact.key, about=fact.name, says=says, evidence=(item,))
    else:
        says = f"{fact.name} is a public name with the internal word {_label(fact.name)!r}"
        yield Hit(key=fact.name, about=fact.name, says=says, evidence=(item,))


def _is_internal(name: str) -> bool:
    return "." in name and any(words.below(name, one) for one in _words("suffix"))


def _label(name: str) -> str | None:
    if _words("label").isdisjoint(name.split(".")):
        return None
    own = name.removesuffix(registrable(name) or "").rstrip(".")
    return next((label for label in own.split(".") if label in _words("label")), None)


@cache
def _words(where: str) -> frozenset[str]:
    return frozenset(one["word"] for one in lists.entries("internal_words") if one["where"] == where)
