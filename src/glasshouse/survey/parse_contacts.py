"""Contacts as registration data holds them (jCard, texts) in; out Contact records and what was redacted.

Source of the format: jCard (RFC 7095) as RDAP uses it (RFC 9083, section 5.1): ``["vcard", [[name,
parameters, type, value], ...]]``. A part that is not as it should be is left out and never fails the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glasshouse.observed import Contact
from glasshouse.survey.parse_names import texts, thing, things

DEPTH, MOST, LONGEST = 4, 200, 500
_HIDDEN = re.compile(
    r"redacted|data protected|not disclosed|non[- ]?disclosed|withheld|not shown|hidden upon user request|"
    r"statutory masking|privacy protected|personal data protected|private person|gdpr mask|masked|"
    r"not (being )?published|data[- ]?private|select (request )?email form|query the rdds|"
    r"visit \S+ for web",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"[\s.*_/-]*|n/?a|none|null|not (provided|available|applicable)|unknown|-+", re.IGNORECASE
)
_PROPERTIES = {"fn": "name", "org": "organisation", "email": "email", "tel": "phone"}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a jCard: lower-case name, parameters as texts, value."""

    name: str
    parameters: Mapping[str, object]
    value: object


def hidden(said: str) -> bool:
    """Whether a value says that the real one is kept back."""
    return bool(_HIDDEN.search(said))


def told(said: str | None) -> str | None:
    """A value worth keeping, on one line and not too long; None for stand-ins such as ``N/A``."""
    value = " ".join((said or "").split())[:LONGEST]
    return None if _NOTHING.fullmatch(value) or hidden(value) else value


def entities(said: object) -> Iterator[tuple[tuple[str, ...], Mapping[str, object]]]:
    """All entities in an object, nested ones as well: their roles and the entity."""
    left, level = things(said), 0
    given = 0
    while left and level < DEPTH:
        below: list[Mapping[str, object]] = []
        for one in left:
            given += 1
            if given > MOST:
                return
            yield texts(one.get("roles")), one
            below += things(one.get("entities"))
        left, level = below, level + 1


def contacts(roles: tuple[str, ...], entity: Mapping[str, object]) -> Iterator[Contact]:
    """The contacts an entity stands for: one for each role, and one more for each further e-mail address."""
    card = list(properties(entity.get("vcardArray")))
    addresses = [one for one in (told(_text(p.value)) for p in _preferred(card, "email")) if one]
    phones = [one for one in (told(_phone(p.value)) for p in _phones(card)) if one]
    postal, country = _postal(card)
    said = {
        "name": _first(card, "fn"),
        "organisation": _first(card, "org"),
        "phone": phones[0] if phones else None,
        "address": postal,
        "country": country,
    }
    kind = _first(card, "kind")
    if not any(said.values()) and not addresses:
        return
    for role in roles:
        for email in tuple(dict.fromkeys(addresses))[:5] or (None,):
            yield Contact(role=role.lower()[:40], email=email, kind=kind, **said)


def kept_back(roles: tuple[str, ...], entity: Mapping[str, object]) -> Iterator[str]:
    """What a jCard or remark says is redacted, such as ``registrant email``."""
    for one in properties(entity.get("vcardArray")):
        if one.name in _PROPERTIES and hidden(_text(one.value)):
            yield from (f"{role} {_PROPERTIES[one.name]}" for role in roles)
    for remark in things(entity.get("remarks")):
        said = f"{remark.get('type')} {remark.get('title')}".lower()
        if "redacted" in said or "object truncated due to authorization" in said:
            yield from (f"{role} contact" for role in roles)


def properties(said: object) -> Iterator[Property]:
    """The well-formed properties of a jCard."""
    if not isinstance(said, list) or len(said) < 2 or said[0] != "vcard" or not isinstance(said[1], list):
        return
    for one in said[1][:MOST]:
        if isinstance(one, list) and len(one) >= 4 and isinstance(one[0], str) and isinstance(one[1], dict):
            yield Property(one[0].lower(), one[1], one[3])


def _first(card: list[Property], name: str) -> str | None:
    return next((value for one in card if one.name == name and (value := told(_text(one.value)))), None)


def _preferred(card: list[Property], name: str) -> list[Property]:
    found = [one for one in card if one.name == name]
    return sorted(found, key=lambda one: str(one.parameters.get("pref")) != "1")


def _phones(card: list[Property]) -> list[Property]:
    found = [one for one in _preferred(card, "tel") if "fax" not in texts(one.parameters.get("type"))]
    return sorted(found, key=lambda one: "voice" not in texts(one.parameters.get("type")))


def _phone(said: object) -> str:
    number, _, rest = _text(said).removeprefix("tel:").partition(";")
    extension = re.search(r"ext=(\d{1,12})", rest)
    return f"{number} ext. {extension[1]}" if extension else number


def _postal(card: list[Property]) -> tuple[str | None, str | None]:
    """The first address that says something, on one line, and its country."""
    for one in card:
        if one.name != "adr":
            continue
        country = told(_text(one.parameters.get("cc")))
        if isinstance(one.value, list) and len(one.value) == 7:
            country = country or told(_text(one.value[6]))
        label = ", ".join(re.split(r"(?:\\r|\\n|[\r\n])+", _text(one.parameters.get("label"))))
        line = told(_text(one.value)) or told(label.strip(", "))
        if line or country:
            return line, country
    return None, None


def _text(said: object) -> str:
    """A value as one text: the parts of a structured one with commas between."""
    if isinstance(said, str):
        return said
    if not isinstance(said, list):
        return ""
    parts = [", ".join(texts(one)) if isinstance(one, list) else one for one in said]
    return ", ".join(one.strip() for one in parts if isinstance(one, str) and one.strip())


def redactions(said: object) -> Iterator[str]:
    """The names in a ``redacted`` list (RFC 9537), lower case: the description, or the registered type."""
    for one in things(said)[:MOST]:
        name = thing(one.get("name"))
        yield from (text[:LONGEST].lower() for text in texts(name.get("description") or name.get("type"))[:1])
