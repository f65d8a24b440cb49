"""One snapshot and our inventory in; out, names and addresses that tie to us but are not in it, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from glasshouse.findings import Tie
from glasshouse.observed import Certificate, DnsRecord, Fact, Observation, Registration, Service
from glasshouse.parse import address
from glasshouse.survey import lists
from glasshouse.survey.signs import internal
from glasshouse.survey.words import keeper, target
from glasshouse.survey.world import World, registrable

Type = Literal["domain", "hostname", "ip", "cidr", "asn"]
SHOWN = 3  # sentences of one way, and pieces of evidence; the rest says the same
_PROVIDED = ("cdn_suffixes", "storage_suffixes", "takeover_services")
_WORDS = re.compile(r"[\W_]+")
# How much each way says, 0 to 100; several ways add up.
STRENGTHS = {
    "registrant": 50,  # the registry names our organisation
    "subject": 50,  # a certificate authority checked our organisation
    "name server": 50,  # a server of ours holds its zone
    "address": 50,  # its name leads to an address of ours
    "certificate": 40,  # one key for both
    "served": 40,  # an address of ours serves its certificate
    "alias": 30,  # a name of ours leads there
    "leads": 30,
    "reverse": 30,
    "leads to a cloud": 20,
    "host name": 15,  # a scan database's word
    "wide certificate": 10,  # many customers of one provider share such
    "alias, once": 15,  # somebody saw it at some time
    "leads, once": 10,
    "address, once": 30,
}


@dataclass(slots=True)
class _Case:
    """What speaks for one candidate: sentences by way, and the observations they rest on."""

    ways: dict[str, list[str]] = field(default_factory=dict)
    evidence: list[Observation[Fact]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Clue:
    """One step from something of ours to something else."""

    type: Type
    value: str
    way: str
    says: str


@dataclass(frozen=True, slots=True)
class _Known:
    """The inventory, as clues ask for it."""

    world: World
    organisations: frozenset[str]
    asns: frozenset[str]


def ties(world: World, disowned: frozenset[str] = frozenset()) -> list[Tie]:
    """Candidates to adopt or disown, strongest first.

    Each step begins at something in the inventory: what ties to a candidate only is none. ``disowned`` are
    values that were said not to be ours; they, and names below them, are given with that state.
    """
    known = _Known(
        world,
        frozenset(said for one in world.assets if one.type == "organisation" and (said := _plain(one.value))),
        frozenset(one.value.casefold() for one in world.assets if one.type == "asn"),
    )
    cases: dict[tuple[Type, str], _Case] = {}
    for item in world.seen:
        for clue in _clues(item, known):
            case = cases.setdefault((clue.type, clue.value), _Case())
            sentences = case.ways.setdefault(clue.way, [])
            if clue.says not in sentences and len(sentences) < SHOWN:
                sentences.append(clue.says)
                case.evidence.append(item)
    found = [_tie(kind, value, case, disowned) for (kind, value), case in cases.items()]
    return sorted(found, key=lambda one: (-one.strength, one.type, one.value))


def _tie(kind: Type, value: str, case: _Case, disowned: frozenset[str]) -> Tie:
    ways = sorted(case.ways, key=lambda way: (-STRENGTHS[way], way))
    labels = value.split(".")
    above = {value, *(".".join(labels[at:]) for at in range(1, len(labels)))}
    return Tie(
        type=kind,
        value=value,
        chain=tuple(said for way in ways for said in case.ways[way]),
        strength=min(100, sum(STRENGTHS[way] for way in ways)),
        evidence=tuple(case.evidence),
        state="candidate" if disowned.isdisjoint(above) else "disowned",
    )


def _clues(item: Observation[Fact], known: _Known) -> Iterator[_Clue]:
    fact = item.fact
    if isinstance(fact, Certificate):
        yield from _certificate(fact, known)
    elif isinstance(fact, DnsRecord):
        yield from _record(fact, known.world)
    elif isinstance(fact, Registration):
        yield from _registration(fact, known)
    elif isinstance(fact, Service):
        yield from _service(fact, known.world)


def _certificate(fact: Certificate, known: _Known) -> Iterator[_Clue]:
    world = known.world
    ours = [name for name in fact.names if world.owned(name) is not None]
    checked = fact.organisation is not None and _plain(fact.organisation) in known.organisations
    if not ours and not checked:
        return
    way = "certificate" if len(fact.names) <= world.policy.wide_names else "wide certificate"
    for domain in dict.fromkeys(_foreign(fact.names, world)):
        if ours:
            says = f"Certificate {fact.serial} names {ours[0]}, which is ours, and {domain}."
            yield _Clue("domain", domain, way, says)
        if checked:
            says = f"Certificate {fact.serial} for {domain} was given to {fact.organisation}."
            yield _Clue("domain", domain, "subject", says)


def _foreign(names: tuple[str, ...], world: World) -> Iterator[str]:
    """The registered domains of names that are not ours and not a provider's."""
    for name in names:
        if world.owned(name) is not None or address(name):
            continue
        domain = registrable(name)
        if domain is not None and world.owned(domain) is None and not _provided(name):
            yield domain


def _record(fact: DnsRecord, world: World) -> Iterator[_Clue]:
    ours, to = world.owned(fact.name) is not None, target(fact)
    once = "" if fact.live else ", once"
    if fact.type in ("A", "AAAA"):
        yield from _led_to(fact, to, once, world) if ours else _led_here(fact, to, once, world)
    elif fact.type == "CNAME" and ours and world.owned(to) is None and not _provided(to):
        if registrable(to) is not None:
            yield _Clue("hostname", to, f"alias{once}", f"{fact.name}, which is ours, is an alias of {to}.")
    elif fact.type == "NS" and not ours and world.owned(to) is not None:
        says = f"{to}, which is ours, is a name server of {fact.name}."
        yield _Clue("domain", fact.name, "name server", says)
    elif fact.type == "PTR" and (at := _reversed(fact.name)) and world.owned(at) and _told(to, at, world):
        yield _Clue("hostname", to, "reverse", f"The reverse name of {at}, which is ours, is {to}.")


def _led_to(fact: DnsRecord, to: str, once: str, world: World) -> Iterator[_Clue]:
    """An address that a name of ours leads to; edges of CDNs are shared by all their customers."""
    if address(to) is None or internal(to) or world.owned(to) is not None:
        return
    held = world.provider(to)
    says = f"{fact.name}, which is ours, {'led' if once else 'leads'} to {to}"
    if held is None:
        yield _Clue("ip", to, f"leads{once}", f"{says}.")
    elif held.role == "cloud" and not once:
        yield _Clue("ip", to, "leads to a cloud", f"{says}, in a cloud of {held.provider}.")


def _led_here(fact: DnsRecord, to: str, once: str, world: World) -> Iterator[_Clue]:
    if world.owned(to) is not None and not internal(to) and not _provided(fact.name):
        says = f"{fact.name} {'led' if once else 'leads'} to {to}, which is ours."
        yield _Clue("hostname", fact.name.removeprefix("*."), f"address{once}", says)


def _registration(fact: Registration, known: _Known) -> Iterator[_Clue]:
    world = known.world
    if fact.object == "entity" or fact.name.casefold() in known.asns or keeper(fact, world) is not None:
        return
    kind: Type = "cidr" if fact.object == "network" else "asn" if fact.object == "asn" else "domain"
    for one in fact.contacts:
        if one.role == "registrant" and one.organisation and _plain(one.organisation) in known.organisations:
            says = f"The registry says that {one.organisation} holds {fact.name}."
            yield _Clue(kind, fact.name, "registrant", says)
    for server in fact.name_servers if kind == "domain" else ():
        if world.owned(server) is not None:
            says = f"{server}, which is ours, is a name server of {fact.name}."
            yield _Clue("domain", fact.name, "name server", says)


def _service(fact: Service, world: World) -> Iterator[_Clue]:
    if world.owned(fact.ip) is None:
        return
    for name in fact.hostnames:
        if _told(name, fact.ip, world):
            says = f"A database gives {fact.ip}, which is ours, the name {name}."
            yield _Clue("hostname", name, "host name", says)
    if len(fact.certificate_names) <= world.policy.wide_names:
        for domain in dict.fromkeys(_foreign(fact.certificate_names, world)):
            says = f"{fact.ip}, which is ours, serves a certificate for {domain} on port {fact.port}."
            yield _Clue("domain", domain, "served", says)


def _told(name: str, at: str, world: World) -> bool:
    """Whether a name of an address says more than that it is some customer's: ``192-0-2-7.isp.example``."""
    if world.owned(name) is not None or registrable(name) is None or _provided(name):
        return False
    parts = set(re.split(r"[^0-9a-z]+|(?<=[a-z])(?=\d)", name))
    return ":" in at or not set(at.split(".")) <= parts


def _provided(name: str) -> bool:
    """Whether a name is one a provider gives to its customers."""
    return any(lists.suffix_of(one, name) is not None for one in _PROVIDED)


def _reversed(name: str) -> str | None:
    """The address of a reverse name (RFC 1035 3.5, RFC 3596 2.5)."""
    if name.endswith(".in-addr.arpa"):
        return address(".".join(reversed(name.removesuffix(".in-addr.arpa").split("."))))
    if name.endswith(".ip6.arpa"):
        digits = "".join(reversed(name.removesuffix(".ip6.arpa").split(".")))
        if len(digits) == 32:
            return address(":".join(digits[at : at + 4] for at in range(0, 32, 4)))
    return None


def _plain(organisation: str) -> str:
    """An organisation's name without case and punctuation."""
    return _WORDS.sub(" ", organisation.casefold()).strip()
