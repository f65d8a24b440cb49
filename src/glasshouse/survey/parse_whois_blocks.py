"""The text of a WHOIS answer about addresses or AS numbers in; out the most specific block, or nothing.

Source of the format: RPSL (RFC 2622) as RIPE, APNIC, AFRINIC and LACNIC write it, and ARIN's own labels
(``NetRange``, ``CIDR``, ``OrgName`` ...). Several blocks may stand in one answer, from wide to narrow.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypedDict

from glasshouse import parse
from glasshouse.asking import Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Contact, Registration
from glasshouse.survey.parse_contacts import told
from glasshouse.survey.parse_dates import when
from glasshouse.survey.parse_whois import missing, why
from glasshouse.survey.parse_whois_contacts import people
from glasshouse.survey.parse_whois_lines import Entry, entries

_RANGES = ("cidr", "inetnum", "inet6num", "inet num", "netrange", "ip network")
_NUMBERS = ("aut num", "asnumber", "as number")
_ARIN = {
    "orgtech": "technical",
    "orgabuse": "abuse",
    "orgnoc": "noc",
    "rtech": "technical",
    "rabuse": "abuse",
}
_ARIN_FIELDS = {"name": "name", "phone": "phone", "email": "email"}
_ABUSE = re.compile(r"abuse contact for '[^'\n]{1,200}' is '([^'\s]{3,200}@[^'\s]{3,200})'", re.IGNORECASE)

Run = list[Entry]


def network(text: str, subject: Subject) -> Registration | None:
    """The narrowest block that covers the address or network; None when the registry knows none."""
    return _narrowest(text, subject, _RANGES, _network)


def autonomous_system(text: str, subject: Subject) -> Registration | None:
    """What is said of the autonomous system; None when the registry knows none."""
    return _narrowest(text, subject, _NUMBERS, _autonomous_system)


def _narrowest(
    text: str,
    subject: Subject,
    labels: tuple[str, ...],
    make: Callable[[Run, Subject], tuple[int, Registration] | None],
) -> Registration | None:
    said = entries(text)
    runs: dict[int, Run] = {}
    for one in said:
        runs.setdefault(one.block, []).append(one)
    about = [run for run in runs.values() if any(one.label in labels for one in run)]
    found = [made for run in about if (made := make(run, subject))]
    if found:
        best = min(found, key=lambda one: one[0])[1]
        return _with_contacts(best, [one for run in runs.values() if run not in about for one in run], text)
    why(text)
    if about:
        raise Malformed("answers about something else")
    if missing(text):
        return None
    raise Malformed("neither a registration nor its absence")


def _network(run: Run, subject: Subject) -> tuple[int, Registration] | None:
    blocks = next((found for one in run if one.label in _RANGES and (found := tuple(_cidrs(one.value)))), ())
    if not blocks or (subject.value and not any(_covers(one, subject.value) for one in blocks)):
        return None
    size = sum(ipaddress.ip_network(one).num_addresses for one in blocks)
    return size, Registration(object="network", name=blocks[0], blocks=blocks, **_shared(run))


def _autonomous_system(run: Run, subject: Subject) -> tuple[int, Registration] | None:
    said = next((one.value for one in run if one.label in _NUMBERS), "").upper().replace("AS", "")
    low, _, high = (part.strip() for part in said.partition("-"))
    ours = subject.value.upper().removeprefix("AS") or low
    if not all(one.isdecimal() and len(one) < 11 for one in (low, high or low, ours)):
        return None
    if not int(low) <= int(ours) <= int(high or low):
        return None
    return int(high or low) - int(low), Registration(object="asn", name=f"AS{int(ours)}", **_shared(run))


class _Shared(TypedDict):
    handle: str | None
    title: str | None
    country: str | None
    created: int | None
    changed: int | None
    statuses: tuple[str, ...]


def _shared(run: Run) -> _Shared:
    first: dict[str, str] = {}
    for one in run:
        if value := told(one.value):
            first.setdefault(one.label, value)
    return _Shared(
        handle=_any(first, "nethandle", "ashandle", "aut num", "inetnum"),
        title=_any(first, "netname", "asname", "as name", "owner"),
        country=_any(first, "country"),
        created=_time(first, "regdate", "created"),
        changed=_time(first, "updated", "last modified", "changed"),
        statuses=tuple(sorted({value.lower() for value in [_any(first, "status", "nettype")] if value})),
    )


def _any(said: Mapping[str, str], *labels: str) -> str | None:
    return next((said[one] for one in labels if one in said), None)


def _time(said: Mapping[str, str], *labels: str) -> int | None:
    value = _any(said, *labels)
    return when(re.sub(r"^\S+@\S+\s+", "", value[:120])) if value else None


def _with_contacts(found: Registration, rest: Run, text: str) -> Registration:
    """ARIN's organisation and points of contact, RPSL's persons, and the abuse mailbox RIPE names above."""
    contacts, redacted = people([*_pointing(text), *rest])
    mailbox = _ABUSE.search(text)
    more = [*_points_of_contact(rest)]
    if mailbox:
        more.append(Contact(role="abuse", email=mailbox[1]))
    every = dict.fromkeys((*contacts, *more))
    return replace(found, contacts=tuple(every), redacted=redacted)


def _pointing(text: str) -> Run:
    """The handles that the blocks themselves name, so that persons are tied to their roles."""
    return [one for one in entries(text) if one.label in ("admin c", "tech c", "abuse c", "org", "mnt irt")]


def _points_of_contact(rest: Run) -> Iterator[Contact]:
    said: dict[str, dict[str, str]] = {}
    for one in rest:
        for prefix, role in _ARIN.items():
            field = _ARIN_FIELDS.get(one.label.removeprefix(prefix))
            if one.label.startswith(prefix) and field and (value := told(one.value)):
                said.setdefault(role, {}).setdefault(field, value)
    company = next((told(one.value) for one in rest if one.label == "orgname"), None)
    country = next((told(one.value) for one in rest if one.label == "country"), None)
    if company:
        yield Contact(role="registrant", organisation=company, country=country)
    for role, fields in said.items():
        yield Contact(
            role=role, name=fields.get("name"), phone=fields.get("phone"), email=fields.get("email")
        )


def _cidrs(said: str) -> Iterator[str]:
    """CIDRs from ``a - b``, ``a/len, b/len`` or one address."""
    low, dash, high = (part.strip() for part in said.partition(" - "))
    if dash:
        try:
            ends = ipaddress.ip_address(low), ipaddress.ip_address(high)
            yield from (str(one) for one in ipaddress.summarize_address_range(*ends))
        except (ValueError, TypeError):
            return
        return
    for part in said.split(","):
        if "/" in part and (found := parse.network(_padded(part.strip()))):
            yield found


def _padded(said: str) -> str:
    """LACNIC cuts zeros off: ``200.3.12/22``."""
    head, _, length = said.partition("/")
    missing_zeros = 0 if ":" in head else 3 - head.count(".")
    return f"{head}{'.0' * max(0, missing_zeros)}/{length}"


def _covers(block: str, ours: str) -> bool:
    try:
        one, other = ipaddress.ip_network(block), ipaddress.ip_network(ours, strict=False)
    except ValueError:
        return False
    return one.version == other.version and one.overlaps(other)
