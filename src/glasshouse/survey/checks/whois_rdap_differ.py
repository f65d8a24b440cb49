"""A WHOIS registration in; out, whether RDAP says something else of the same domain or block."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "WHOIS and RDAP disagree"
TECHNIQUE = "T1596.002"
ON = "registration"
LEVEL: Level = "low"
REMEDY = "Open a ticket with the registrar: one of the two is not kept up to date"
VANISHES = "the outdated data"
M1056 = False


def check(item: Observation[Registration], world: World) -> Iterator[Hit]:
    """Fires on domains of ours whose registrar, end or name servers differ by database; both are named.

    Only what both say is compared, ends by the day; where RDAP gave two answers (registry and registrar),
    one that agrees is enough.
    """
    fact = item.fact
    if item.collector != "whois" or fact.object != "domain" or not world.owned(fact.name):
        return
    others = [one for one in world.registrations(fact.name) if one.collector.startswith("rdap")]
    differ = [
        f"{what} ({mine} in WHOIS, {theirs[0]} in RDAP)"
        for what, mine, theirs in _compared(fact, [one.fact for one in others])
        if mine and theirs and mine not in theirs
    ]
    if differ:
        says = f"WHOIS and RDAP disagree about {fact.name}: {'; '.join(differ)}"
        yield Hit(key=f"{fact.key} differ", about=fact.name, says=says, evidence=(item, *others))


def _compared(mine: Registration, theirs: list[Registration]) -> Iterator[tuple[str, str, list[str]]]:
    for what, words_ in (("registrar", _registrar), ("end", _ends), ("name servers", _servers)):
        yield what, words_(mine), [said for one in theirs if (said := words_(one))]


def _registrar(fact: Registration) -> str:
    return f"IANA id {fact.registrar_id}" if fact.registrar_id else ""


def _ends(fact: Registration) -> str:
    return words.day(fact.expires) if fact.expires is not None else ""


def _servers(fact: Registration) -> str:
    return words.listed(sorted(fact.name_servers), 13)
