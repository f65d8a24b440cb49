"""RDAP answers in; out what they say of a domain, address block, autonomous system or entity.

Source of the format: RFC 9083, with CIDRs from the ``cidr0`` extension, redaction from RFC 9537 and the words
of domain statuses from RFC 8056. Dates are RFC 3339.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import TypedDict

from glasshouse import parse
from glasshouse.asking import Reply, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Contact, Registration
from glasshouse.records import Trouble
from glasshouse.survey.parse_contacts import contacts, entities, kept_back, properties, redactions, told
from glasshouse.survey.parse_names import number, table, texts, thing, things, word

EPP = {"active": "ok", "associated": "linked"}
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*+)"?|[{}\[\]]')
_DATE = re.compile(r"\d{4}-\d\d-\d\d([Tt ].*)?")
EARLIEST, LATEST = 315_532_800_000_000, 253_370_764_800_000_000  # 1980 to 9999
MOST = 1_000


class _Shared(TypedDict):
    created: int | None
    changed: int | None
    expires: int | None
    contacts: tuple[Contact, ...]
    redacted: tuple[str, ...]


def answer(reply: Reply, wanted: str) -> Mapping[str, object]:
    """The object of an answer; raises Malformed for an error, or for another kind of object."""
    said = table(reply.body)
    if "errorCode" in said:
        raise Malformed(f"answers with error {number(said['errorCode'])}")
    found = said.get("objectClassName")
    if found != wanted:
        raise Malformed(f"answers with {found!r:.40}, not with {wanted!r}")
    return said


def domain(said: Mapping[str, object], subject: Subject) -> Registration:
    """What is said of a domain."""
    name = _name(said)
    if name is None or (subject.value and name != subject.value):
        raise Malformed("answers about another domain")
    registrar, registrar_id = _registrar(said)
    secure = thing(said.get("secureDNS"))
    signed = secure.get("delegationSigned")
    servers = (_name(one) for one in things(said.get("nameservers"))[:MOST])
    return Registration(
        object="domain",
        name=name,
        handle=word(said.get("handle")),
        registrar=registrar,
        registrar_id=registrar_id,
        statuses=statuses(said, EPP),
        name_servers=tuple(sorted({one for one in servers if one})),
        signed=signed if isinstance(signed, bool) else bool(secure.get("dsData")) or None,
        **_shared(said),
    )


def network(said: Mapping[str, object], subject: Subject) -> Registration:
    """What is said of an address block."""
    blocks = cidrs(said)
    if not blocks:
        raise Malformed("an address block without addresses")
    if subject.value and not any(_within(subject.value, one) for one in blocks):
        raise Malformed("answers about other addresses")
    return Registration(
        object="network",
        name=blocks[0],
        handle=word(said.get("handle")),
        title=word(said.get("name")),
        statuses=statuses(said, {}),
        blocks=blocks,
        country=word(said.get("country")),
        **_shared(said),
    )


def autonomous_system(said: Mapping[str, object], subject: Subject) -> Registration:
    """What is said of an autonomous system; in a range it is named by the number that was asked about."""
    low, high = number(said.get("startAutnum")), number(said.get("endAutnum"))
    if low is None:
        match = re.fullmatch(r"AS(\d{1,10})", str(said.get("handle")))
        low = int(match[1]) if match else None
    if low is None:
        raise Malformed("an autonomous system without number")
    ours = number(subject.value.upper().removeprefix("AS"))
    if ours is not None and not low <= ours <= max(low, high or low):
        raise Malformed("answers about another autonomous system")
    return Registration(
        object="asn",
        name=f"AS{low if ours is None else ours}",
        handle=word(said.get("handle")),
        title=word(said.get("name")),
        statuses=statuses(said, {}),
        country=word(said.get("country")),
        **_shared(said),
    )


def entity(said: Mapping[str, object], subject: Subject) -> Registration:
    """What is said of an entity; its networks and autonomous systems are its blocks."""
    handle = word(said.get("handle"))
    if handle is None or (subject.value and handle.upper() != subject.value.upper()):
        raise Malformed("answers about another entity")
    own = tuple(contacts(texts(said.get("roles")) or ("entity",), said))
    shared = _shared(said)
    shared["contacts"] = own + tuple(one for one in shared["contacts"] if one not in own)
    blocks = {block for one in things(said.get("networks"))[:MOST] for block in cidrs(one)}
    numbers = {number(one.get("startAutnum")) for one in things(said.get("autnums"))[:MOST]}
    ids = [word(one.get("identifier")) for one in things(said.get("publicIds")) if _is_iana(one)]
    return Registration(
        object="entity",
        name=handle,
        handle=handle,
        title=next(
            (told(str(one.value)) for one in properties(said.get("vcardArray")) if one.name == "fn"), None
        ),
        registrar_id=next(iter(ids), None),
        statuses=statuses(said, {}),
        blocks=(*sorted(blocks), *(f"AS{one}" for one in sorted(n for n in numbers if n is not None))),
        country=next((one.country for one in own if one.country), None),
        **shared,
    )


def _shared(said: Mapping[str, object]) -> _Shared:
    """Dates, contacts and redactions, which all kinds of object have."""
    people: dict[Contact, None] = {}
    gone = set(redactions(said.get("redacted")))
    for roles, one in entities(said.get("entities")):
        people.update(dict.fromkeys(contacts(roles, one)))
        gone.update(kept_back(roles, one))
    dates = _dates(said)
    return _Shared(
        created=dates.get("registration"),
        changed=dates.get("last changed"),
        expires=dates.get("expiration"),
        contacts=tuple(people),
        redacted=tuple(sorted(gone)),
    )


def _dates(said: Mapping[str, object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in things(said.get("events"))[:MOST]:
        action, when = word(one.get("eventAction")), moment(one.get("eventDate"))
        if action and when is not None:
            found.setdefault(action.lower(), when)
    return found


def moment(said: object) -> int | None:
    """A time from RFC 3339, between 1980 and 9999; None for anything else."""
    if not isinstance(said, str) or not _DATE.fullmatch(said.strip()):
        return None
    when = parse.time(said.strip().upper())
    return when if when is not None and EARLIEST <= when < LATEST else None


def statuses(said: Mapping[str, object], words: Mapping[str, str]) -> tuple[str, ...]:
    """The statuses in camel case, sorted; ``words`` has those that EPP spells differently."""
    found = (re.sub(r"[\s_-]+", " ", one.lower()).strip() for one in texts(said.get("status"))[:MOST])
    return tuple(sorted({words.get(one) or camel(one) for one in found if one}))


def camel(said: str) -> str:
    """``client hold`` as ``clientHold``."""
    first, *rest = said.split()
    return first + "".join(one.capitalize() for one in rest)


def cidrs(said: Mapping[str, object]) -> tuple[str, ...]:
    """The CIDRs of an address block, from ``cidr0_cidrs`` or from its first and last address."""
    listed = [
        parse.network(f"{one.get('v4prefix') or one.get('v6prefix')}/{one.get('length')}")
        for one in things(said.get("cidr0_cidrs"))[:MOST]
    ]
    found = tuple(dict.fromkeys(one for one in listed if one))
    return found or _range(said.get("startAddress"), said.get("endAddress"))


def _range(first: object, last: object) -> tuple[str, ...]:
    # Some registries write "192.0.2.0/24" as the first address of the block.
    ends = [str(one).partition("/")[0].strip() for one in (first, last if last is not None else first)]
    try:
        low, high = (ipaddress.ip_address(one) for one in ends)
        return tuple(str(one) for one in ipaddress.summarize_address_range(low, high))
    except (ValueError, TypeError):
        return ()


def _within(ours: str, block: str) -> bool:
    try:
        one, other = ipaddress.ip_network(ours, strict=False), ipaddress.ip_network(block)
    except ValueError:
        return False
    return one.version == other.version and one.overlaps(other)


def _name(said: Mapping[str, object]) -> str | None:
    for field in ("ldhName", "unicodeName"):
        if name := parse.host_name(word(said.get(field)) or ""):
            return name
    return None


def _registrar(said: Mapping[str, object]) -> tuple[str | None, str | None]:
    """Name and IANA id of the registrar."""
    for roles, one in entities(said.get("entities")):
        if "registrar" in roles:
            found = next(contacts(("registrar",), one), None)
            name = (found.name or found.organisation) if found else None
            ids = [word(each.get("identifier")) for each in things(one.get("publicIds")) if _is_iana(each)]
            return name or word(one.get("handle")), next(iter(ids), None)
    return None, None


def _is_iana(said: Mapping[str, object]) -> bool:
    return "iana" in str(said.get("type")).lower()


def shortened(said: Mapping[str, object]) -> Iterator[Trouble]:
    """A Trouble when the server says that it left something out, other than for privacy."""
    for one in (*things(said.get("notices")), *things(said.get("remarks"))):
        kind = str(one.get("type")).lower()
        if "truncated" in kind and "authorization" not in kind and "redact" not in kind:
            yield Trouble("rdap", None, "the server says that it left something out")


def sure(head: bytes, wanted: str) -> int:
    """How sure the head of a saved file is an RDAP answer about that kind of object."""
    depth, before = 0, b""
    for token in _STRING.finditer(head):
        sign = token.group()
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and before == b"objectClassName":
            return 90 if token[1].decode("utf-8", "replace") == wanted else 0
        before = token[1] or b""
    return 0
