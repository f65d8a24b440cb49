"""Entries of a WHOIS answer in; out the contacts they give, and what they say is redacted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.observed import Contact
from glasshouse.survey.parse_contacts import hidden, told
from glasshouse.survey.parse_whois_lines import Entry
from glasshouse.survey.parse_whois_words import CONTACT_SECTIONS, FIELDS, ROLES

MOST = 40
_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[A-Za-z0-9-]{2,}")
_PHONE = re.compile(r"\+?[\d][\d .()/-]{6,24}")
_ADDRESS = "address"
# What points from a domain to the block of a contact, and what names that block (RPSL and its kin).
_POINTERS = {
    **{"registrant": "registrant", "holder": "registrant", "holder c": "registrant", "owner c": "registrant"},
    **{"admin c": "administrative", "tech c": "technical", "billing c": "billing", "abuse c": "abuse"},
    **{"admin contact": "administrative", "tech contact": "technical", "org": "registrant"},
    **{"registrant contact": "registrant", "mnt irt": "abuse", "zone c": "technical"},
}
_IDENTS = (
    "nic hdl",
    "contact",
    "contact id",
    "contactid",
    "nic handle",
    "organisation",
    "irt",
    "personid",
    "handle",
)

_MORE_FIELDS = {"abuse mailbox": "email", "contact": "organisation"}

Said = dict[str, list[str]]


def people(said: list[Entry]) -> tuple[tuple[Contact, ...], tuple[str, ...]]:
    """Contacts, each once, and the sorted names of what was redacted, such as ``registrant email``."""
    found: dict[str, Said] = {}
    for role, field, value in (*_labelled(said), *_sections(said), *_linked(said)):
        found.setdefault(role, {}).setdefault(field, []).append(value)
    contacts: list[Contact] = []
    redacted: set[str] = set()
    for role, fields in found.items():
        redacted |= {
            f"{role} {name}" for name, values in fields.items() if any(hidden(one) for one in values)
        }
        contacts += _contacts(role, fields)
    return tuple(contacts[:MOST]), tuple(sorted(redacted))


def _contacts(role: str, fields: Said) -> Iterator[Contact]:
    """One contact, and one more for each further e-mail address."""
    kept = {name: [value for one in values if (value := told(one))] for name, values in fields.items()}
    emails = [found[0] for one in kept.get("email", ()) if (found := _EMAIL.search(one))]
    lines = kept.get(_ADDRESS, [])
    first = {name: values[0] if values else None for name, values in kept.items()}
    if not any(first.get(name) for name in ("name", "organisation", "phone")) and not emails and not lines:
        return
    for email in tuple(dict.fromkeys(emails))[:5] or (None,):
        yield Contact(
            role=role,
            name=first.get("name"),
            organisation=first.get("organisation"),
            email=email,
            phone=first.get("phone"),
            address=", ".join(dict.fromkeys(lines))[:500] or None,
            country=first.get("country"),
        )


def _labelled(said: list[Entry]) -> Iterator[tuple[str, str, str]]:
    """``Registrant Email: ...``: role and field in one label."""
    for one in said:
        if ROLES.get(one.label) == "registrant" and " " in one.value:  # one word is a handle
            yield "registrant", "organisation", one.value
        parts = one.label.split()
        for at in range(len(parts) - 1, 0, -1):
            role, field = ROLES.get(" ".join(parts[:at])), FIELDS.get(" ".join(parts[at:]))
            if role and field and one.value:
                yield role, field, one.value
                break


def _sections(said: list[Entry]) -> Iterator[tuple[str, str, str]]:
    """A heading such as ``Registrant:`` with labelled or bare lines below, or a bare value beside it."""
    seen: set[tuple[str, int]] = set()
    for one in said:
        role = ROLES.get(one.section)
        if role is None:
            continue
        if one.label:
            if one.label in FIELDS and one.value:
                yield role, FIELDS[one.label], one.value
        elif _EMAIL.search(one.value):
            yield role, "email", one.value
        elif _PHONE.fullmatch(one.value):
            yield role, "phone", one.value
        elif (role, one.block) not in seen:
            yield role, "name", one.value
        else:
            yield role, _ADDRESS, one.value
        seen.add((role, one.block))


def _linked(said: list[Entry]) -> Iterator[tuple[str, str, str]]:
    """Blocks of contacts that a domain or network points to by handle."""
    blocks: dict[int, list[Entry]] = {}
    for one in said:
        if not one.section or one.section not in CONTACT_SECTIONS:
            blocks.setdefault(one.block, []).append(one)
    roles: dict[str, list[str]] = {}
    for one in said:
        if one.value and (role := _POINTERS.get(one.label)):
            roles.setdefault(one.value.split()[0].upper(), []).append(role)
    for block in list(blocks.values())[:500]:
        yield from _own(block)
        ident = next(
            (one.value.upper() for one in block if one.label in _IDENTS and one.value.upper() in roles), ""
        )
        for role in dict.fromkeys(roles.get(ident, ())):
            yield from _fields(role, block, ident)


def _fields(role: str, block: list[Entry], ident: str) -> Iterator[tuple[str, str, str]]:
    for one in block:
        if not one.value or one.value.upper() == ident:
            continue
        if field := FIELDS.get(one.label) or _MORE_FIELDS.get(one.label):
            yield role, field, one.value


def _own(block: list[Entry]) -> Iterator[tuple[str, str, str]]:
    """A block that says itself whose it is: ``contact: technical``, or a domain with its ``person``."""
    first, labels = block[0], {one.label for one in block}
    role = ROLES.get(first.value.lower()) if first.label == "contact" else None
    if first.label == "domain" and labels & {"person", "org"}:
        role = "registrant"
    for one in block if role else ():
        if role and one.value and one.label in FIELDS and one.label != "state":
            yield role, FIELDS[one.label], one.value
