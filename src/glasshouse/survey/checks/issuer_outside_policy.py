"""A certificate in; out, whether an issuer that we do not allow issued it for a name of ours."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, DnsRecord, Observation
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.lists import day, entries, lives, organisation, own_names
from glasshouse.survey.world import World, registrable

TITLE = "Certificate by an issuer outside the policy"
TECHNIQUE = "T1596.003"
ON = "certificate"
LEVEL: Level = "high"
REMEDY = "Have the issuer revoke it, or allow the issuer in the policy and in CAA"
VANISHES = ""
M1056 = False
_KNOWN = {
    caa: tuple(one["issuer"].casefold() for one in entries("caa_issuers") if one["caa"] == caa)
    for caa in {one["caa"] for one in entries("caa_issuers")}
}


def check(item: Observation[Certificate], world: World) -> Iterator[Hit]:
    """Fires on living certificates; without a list of issuers, CAA as it stands now is the measure.

    Source: RFC 8659 (CAA), which issuers follow when they issue: a record set later says nothing of earlier
    certificates, so that is told with less confidence.
    """
    fact = item.fact
    names = own_names(fact, world) if lives(fact, world) else ()
    if not names:
        return
    name, who = names[0], organisation(fact.issuer)
    key = f"{registrable(name) or name} {who.casefold()}"
    says = f"{who} issued a certificate for {name} (valid from {day(fact.not_before)})"
    issuers = world.policy.issuers
    if issuers:
        if not any(one.casefold() in fact.issuer.casefold() for one in issuers):
            yield Hit(
                key=key,
                about=name.removeprefix("*."),
                says=f"{says}; allowed are {', '.join(issuers)}",
                evidence=(item,),
            )
        return
    rule = _caa(name, world)
    tags = _allowed(rule, wild=name.startswith("*."))
    if tags is None or any(one in fact.issuer.casefold() for tag in tags for one in _KNOWN.get(tag, ())):
        return
    if all(tag in _KNOWN for tag in tags):
        shown = ", ".join(sorted(tags)) or "nobody"
        yield Hit(
            key=key,
            about=name.removeprefix("*."),
            says=f"{says}; its CAA records now allow {shown}",
            evidence=(item, *rule),
            confidence="medium",
        )


def _caa(name: str, world: World) -> list[Observation[DnsRecord]]:
    """The CAA records that count for a name: its own, or those of the nearest name above."""
    at = name.removeprefix("*.")
    while "." in at:
        found = world.records(at, "CAA", live=True)
        if found:
            return found
        at = at.partition(".")[2]
    return []


def _allowed(rule: list[Observation[DnsRecord]], wild: bool) -> set[str] | None:
    """The issuers that CAA records name; None where they set no limit."""
    said: dict[str, set[str]] = {}
    for one in rule:
        read = words.caa(one.fact.data)
        if read:
            said.setdefault(read[0], set()).add(read[1])
    tags = said.get("issuewild", said.get("issue")) if wild else said.get("issue")
    return None if tags is None else tags - {""}
