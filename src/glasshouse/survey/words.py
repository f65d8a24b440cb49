"""Names, records and contacts in; out, what several checks ask of them and how they say it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

from glasshouse.known import Asset
from glasshouse.observed import Contact, DnsRecord, Observation, Registration, Resolution
from glasshouse.survey import lists
from glasshouse.survey.lookalike import like, likeness
from glasshouse.survey.world import World, registrable

__all__ = ["like", "likeness"]  # checks may import this module, not the one they live in
DAY = 86_400_000_000
LONGEST_CHAIN = 10
ROLES_ASKED = ("registrant", "administrative", "technical", "billing")
_START = datetime(1970, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"[a-z]+")
_CAA = re.compile(r'^\s*(\d{1,3})\s+([a-z0-9]+)\s+"?([^"]*)"?\s*$', re.IGNORECASE)


def day(time: int) -> str:
    """The date of a time in UTC: ``2026-11-20``; databases may say times that no calendar holds."""
    try:
        return (_START + timedelta(microseconds=time)).date().isoformat()
    except OverflowError:
        return "a day far off"


def listed(said: Iterable[str], most: int = 4) -> str:
    """Some of many: ``a, b, c, d and 3 more``."""
    found = list(dict.fromkeys(said))
    rest = len(found) - most
    return ", ".join(found[:most]) + (f" and {rest} more" if rest > 0 else "")


def plain(name: str) -> str:
    """A name without the ``*.`` of a wildcard."""
    return name.removeprefix("*.")


def below(name: str, domain: str) -> bool:
    """Whether a name is a domain or lies below it."""
    return name == domain or name.endswith(f".{domain}")


def suffix_of(name: str, held: Container[str]) -> str | None:
    """The longest of these suffixes that a name lies under."""
    labels = name.split(".")
    return next((one for at in range(len(labels)) if (one := ".".join(labels[at:])) in held), None)


def is_apex(name: str, world: World) -> bool:
    """Whether a name is a registered domain (no host below one) of ours."""
    return registrable(name) == name and world.owned(name) is not None


def target(fact: DnsRecord) -> str:
    """The name or address a record leads to: the last word of its data."""
    return fact.data.rpartition(" ")[2].rstrip(".").lower()


def chain(world: World, name: str) -> list[Observation[DnsRecord]]:
    """The CNAME records from a name on, in order, as name servers give them now; loops end."""
    found: list[Observation[DnsRecord]] = []
    while len(found) < LONGEST_CHAIN and (links := world.records(name, "CNAME", live=True)):
        if any(one.fact.key == links[0].fact.key for one in found):
            break
        found.append(links[0])
        name = target(links[0].fact)
    return found


def answered(item: Observation[Resolution], world: World) -> list[Observation[DnsRecord]] | None:
    """The records a question was answered with, also at the end of a chain; None: it is not known.

    An empty list is a name server's word that there are none. A failed question, and an answer of which
    nothing could be read, say nothing.
    """
    fact = item.fact
    if fact.rcode not in ("NOERROR", "NXDOMAIN"):
        return None
    links = chain(world, fact.name)
    at = target(links[-1].fact) if links else fact.name
    records = world.records(at, fact.type, live=True)
    return None if not records and fact.answers else records


def absent(world: World, name: str, *types: str) -> list[Observation[Resolution]]:
    """The answers by which a name does not exist at all; none when one server says that it does.

    For a name that is an alias, ask about ``A`` and ``AAAA``: they speak of the end of the chain (RFC 2308).
    """
    said = [one for one in world.resolutions(name, *types) if one.fact.rcode in ("NOERROR", "NXDOMAIN")]
    return said if said and all(one.fact.rcode == "NXDOMAIN" for one in said) else []


def policy_text(
    said: Iterable[Observation[DnsRecord]], begins: str
) -> Iterator[tuple[Observation[DnsRecord], dict[str, str]]]:
    """TXT records that begin with a version, with their tags: ``v=DMARC1; p=none`` is ``{"p": "none"}``."""
    for one in said:
        first, *rest = one.fact.data.split(";")
        if first.replace(" ", "").casefold() == begins.casefold():
            pairs = (part.partition("=") for part in rest)
            yield one, {name.strip().lower(): value.strip().lower() for name, _, value in pairs}


def caa(data: str) -> tuple[str, str] | None:
    """Tag and value of a CAA record (RFC 8659): ``("issue", "letsencrypt.org")``; parameters are cut off."""
    found = _CAA.match(data)
    return (found[2].lower(), found[3].partition(";")[0].strip().lower()) if found else None


def keeper(fact: Registration, world: World) -> Asset | None:
    """The asset that makes a registration ours; of a block, both its ends must be in assets of ours."""
    if fact.object != "network":
        return world.owned(fact.name)
    try:
        block = ipaddress.ip_network(fact.name, strict=False)
    except ValueError:
        return None
    first, last = world.owned(str(block[0])), world.owned(str(block[-1]))
    return world.owned(fact.name) or (first if last else None)


def mail_domain(email: str) -> str:
    """The part of an address behind the ``@``."""
    return email.rpartition("@")[2].strip().rstrip(".").lower()


def is_person(contact: Contact) -> bool:
    """Whether a contact shows a person and no role, as far as one can tell from its words."""
    if contact.kind in ("org", "group"):
        return False
    if contact.email and mail_domain(contact.email) in free_mail():
        return True
    name, company = (contact.name or "").strip(), (contact.organisation or "").strip()
    if len(name.split()) not in (2, 3, 4) or name.casefold() == company.casefold() or is_role(name):
        return False
    mailbox = (contact.email or "").partition("@")[0]
    named = any(len(word) > 2 and word in mailbox.casefold() for word in _WORD.findall(name.casefold()))
    return named or (not is_role(mailbox) and (contact.kind == "individual" or bool(company)))


def is_role(said: str) -> bool:
    """Whether a name or mailbox holds a word that roles and organisations have, and persons do not."""
    return bool(_roles().intersection(_WORD.findall(said.casefold())))


@cache
def _roles() -> frozenset[str]:
    return frozenset(one["word"] for one in lists.entries("role_words"))


@cache
def free_mail() -> frozenset[str]:
    """Mail domains anybody can have a mailbox at."""
    return frozenset(one["domain"] for one in lists.entries("free_mail"))


def is_spf(text: str) -> bool:
    """Whether a TXT record is an SPF policy (RFC 7208 section 4.5)."""
    return text.casefold() == "v=spf1" or text.casefold().startswith("v=spf1 ")


def verifies(text: str) -> str | None:
    """The service that reads a TXT record as proof that the domain is ours; None for other texts."""
    return next((service for begins, service in _proofs() if text.startswith(begins)), None)


@cache
def _proofs() -> tuple[tuple[str, str], ...]:
    return tuple((one["begins"], one["service"]) for one in lists.entries("verification_tokens"))
