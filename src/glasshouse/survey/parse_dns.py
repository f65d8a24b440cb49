"""Toolbox of DNS collectors: answers and records as servers and databases write them in, one spelling out.

Answers are in the JSON of DNS-over-HTTPS services (developers.google.com/speed/public-dns/docs/doh/json);
types and codes are those of IANA's DNS parameters; texts are in presentation form (RFC 1035 5.1).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import number, spelt, table, thing, things, word

_CODES = {
    -1: "TIMEOUT",  # no server answered in time
    **dict(enumerate(("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"))),
    **dict(enumerate(("YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"), 6)),
}
UNHEARD = ("TIMEOUT", "FORMERR", "NOTIMP", "REFUSED")  # from a resolver: it says nothing of the name
_TYPES = {
    **{1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 17: "RP"},
    **{28: "AAAA", 29: "LOC", 33: "SRV", 35: "NAPTR", 39: "DNAME", 43: "DS", 44: "SSHFP", 46: "RRSIG"},
    **{47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 59: "CDS", 60: "CDNSKEY"},
    **{61: "OPENPGPKEY", 64: "SVCB", 65: "HTTPS", 99: "SPF", 255: "ANY", 256: "URI", 257: "CAA"},
}
# They change with every signing and say nothing more of us.
SIGNATURES = frozenset({"RRSIG", "NSEC", "NSEC3"})
_NAMES_AT = {
    **dict.fromkeys(("CNAME", "NS", "PTR", "DNAME"), (0,)),
    **{"SOA": (0, 1), "RP": (0, 1), "MX": (1,), "SRV": (3,), "HTTPS": (1,), "SVCB": (1,)},
}
_BEFORE_BINARY = {"DS": 3, "CDS": 3, "TLSA": 3, "SSHFP": 2, "DNSKEY": 3, "CDNSKEY": 3}  # words
_HEX = ("DS", "CDS", "TLSA", "SSHFP")
_MNEMONIC = re.compile(r"[A-Z][A-Z0-9-]{0,14}")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_STRINGS = re.compile(rf"\s*(?:{_STRING.pattern}\s*)+", re.DOTALL)
_ESCAPE = re.compile(rb"\\(\d{3}|.)", re.DOTALL)
_CAA = re.compile(r"(\d{1,3})\s+([A-Za-z0-9-]{1,64})\s+(.*)", re.DOTALL)
_UNNAMED = re.compile(r"\\#\s+\d+\s+([0-9A-Fa-f\s]+)")  # RFC 3597
MOST_SERVERS = 16


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an answer, as it stands there."""

    name: str
    type: str
    data: str
    ttl: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """One answer: ``rows`` are the records of the name asked and of the names its aliases lead to."""

    name: str
    type: str
    rcode: str
    rows: tuple[Row, ...]
    answers: int  # rows of the type that was asked for
    unread: int  # entries that are no records
    cut: bool  # longer than what came
    authentic: bool | None
    authoritative: bool | None


def message(reply: Reply) -> Message:
    """The answer that a reply holds; Malformed when it is none, or one to another question."""
    said = table(reply.body)
    code = number(said.get("Status"))
    if code is None:
        raise Malformed("a DNS answer without Status")
    name, kind = _question(said, reply.request)
    rows, unread = _rows(said.get("Answer"))
    found = tuple(_chain(name, rows))
    return Message(
        name=name,
        type=kind,
        rcode=_CODES.get(code, f"RCODE{code}"),
        rows=found,
        answers=sum(kind in (one.type, "ANY") for one in found),
        unread=unread,
        cut=said.get("TC") is True,
        authentic=_flag(said, "AD"),
        authoritative=_flag(said, "AA"),
    )


def _flag(said: Mapping[str, object], name: str) -> bool | None:
    value = said.get(name)
    return value if isinstance(value, bool) else None


def _question(said: Mapping[str, object], request: Request) -> tuple[str, str]:
    asked = next(iter(things(said.get("Question"))), thing(said.get("Question")))
    name, kind = word(asked.get("name")), type_name(asked.get("type"))
    if request.transport == "dns":
        wanted = owner(request.path), dict(request.query).get("type", "A")
        if name is not None and kind is not None and (owner(name), kind) != wanted:
            raise Malformed("an answer to another question")
        return wanted
    if name is None or kind is None:
        raise Malformed("a DNS answer without its question")
    return owner(name), kind


def _rows(said: object) -> tuple[list[Row], int]:
    entries = said if isinstance(said, list) else []
    found = []
    for one in things(entries):
        name, kind, data = word(one.get("name")), type_name(one.get("type")), one.get("data")
        if name and kind and isinstance(data, str):
            found.append(Row(owner(name), kind, data, count(one.get("TTL"), 2**31)))
    return found, len(entries) - len(found)


def _chain(name: str, rows: list[Row]) -> Iterator[Row]:
    """The records of a name and of those its aliases lead to, in the order of the answer."""
    aliases: dict[str, set[str]] = {}
    for one in rows:
        if one.type == "CNAME":
            aliases.setdefault(one.name, set()).add(owner(one.data))
    reached, open_ = {name}, [name]
    while open_:
        for target in aliases.get(open_.pop(), set()) - reached:
            reached.add(target)
            open_.append(target)
    return (one for one in rows if one.name in reached)


def count(said: object, most: int = 2**53) -> int | None:
    """A number that is not negative and not larger than what it can be; None for anything else."""
    found = number(said)
    return found if found is not None and 0 <= found < most else None


def type_name(said: object) -> str | None:
    """A record type in capitals, from its name or number; None when it is neither."""
    found = number(said)
    if found is not None:
        return _TYPES.get(found, f"TYPE{found}") if 0 < found < 65_536 else None
    name = said.strip().upper() if isinstance(said, str) else ""
    return name if _MNEMONIC.fullmatch(name) else None


def owner(said: str) -> str:
    """A name in one spelling, ``.`` for the root; one that is no host name in lower case."""
    plain = said.strip()
    return spelt(plain) or plain.lower().removesuffix(".") or "."


def data(kind: str, said: str) -> str | None:
    """The data of a record in one spelling; None when it cannot be what the type says.

    SOA stands without its serial number: that changes with every edit of the zone.
    """
    words = said.split()
    if kind == "SOA" and len(words) == 7:
        del words[2]
    if not words:
        return "" if kind == "TXT" else None
    if kind in ("A", "AAAA"):
        address = parse.address(said)
        return address if address and (":" in address) == (kind == "AAAA") else None
    if kind in ("TXT", "SPF"):
        return text(said)
    if kind == "CAA":
        return _caa(said)
    if kind in _NAMES_AT and words[0] != "\\#":
        places = _NAMES_AT[kind] if len(words) > 1 else (0,)  # some databases leave out what stands before
        return " ".join(owner(one) if at in places else one for at, one in enumerate(words))
    if kind in _BEFORE_BINARY and len(words) > _BEFORE_BINARY[kind]:
        at = _BEFORE_BINARY[kind]
        binary = "".join(words[at:])
        return " ".join((*words[:at], binary.lower() if kind in _HEX else binary))
    return " ".join(words)


def absolute(kind: str, words: tuple[str, ...], origin: str) -> tuple[str, ...]:
    """The words of a record's data in a master file, names with the origin they are relative to."""

    def whole(name: str) -> str:
        if name == "@":
            return origin
        return name if name.endswith(".") or not origin else f"{name}.{origin.removeprefix('.')}"

    places = _NAMES_AT.get(kind, ())
    return tuple(whole(one) if at in places else one for at, one in enumerate(words))


def text(said: str) -> str:
    """The character strings of a TXT record as one text, without quotes and escapes."""
    if not _STRINGS.fullmatch(said):
        return said  # some services leave the quotes out
    joined = "".join(_STRING.findall(said)).encode("utf-8", "replace")
    plain = _ESCAPE.sub(_unescaped, joined)
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError:
        return plain.decode("latin-1")


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return code if len(code) == 1 else bytes((min(int(code), 255),))


def _caa(said: str) -> str | None:
    """Flags, tag and value; some services give it in the form for unknown types."""
    unnamed = _UNNAMED.fullmatch(said.strip())
    if unnamed:
        try:
            raw = binascii.unhexlify("".join(unnamed[1].split()))
        except binascii.Error:
            return None
        if len(raw) < 2 or len(raw) < 2 + raw[1]:
            return None
        flags, tag, value = str(raw[0]), raw[2 : 2 + raw[1]].decode("latin-1"), raw[2 + raw[1] :]
        return f'{flags} {tag.lower()} "{value.decode("latin-1")}"'
    found = _CAA.fullmatch(said.strip())
    return f'{found[1]} {found[2].lower()} "{text(found[3])}"' if found else None


def name_servers(reply: Reply) -> tuple[str, ...]:
    """The name servers that an answer names for what was asked, sorted; host names only."""
    said = message(reply)
    found = {parse.host_name(one.data) for one in said.rows if one.type == "NS" and one.name == said.name}
    return tuple(sorted(one for one in found if one))


def unasked(where: str, reply: Reply) -> Iterator[Trouble]:
    """What the resolver's answer keeps from asking every name server; raises Malformed."""
    said = message(reply)
    if said.rcode == "SERVFAIL" or said.rcode in UNHEARD:
        yield Trouble(where, None, f"the name servers of {said.name} are not known: {said.rcode}")
    if len(name_servers(reply)) > MOST_SERVERS:
        yield Trouble(where, None, f"more than {MOST_SERVERS} name servers: the rest is not asked")


def next_server(subject: Subject, after: Reply | None) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Which of the domain's name servers is asked next, and ``then`` with those that are left after it.

    The first reply is that of the resolver to the question of the name servers; None when all were asked.
    """
    if after is None:
        return None
    if after.request.host:
        left = tuple(one for one in dict(after.request.query).get("then", "").split(",") if one)
    else:
        try:
            left = name_servers(after)[:MOST_SERVERS]
        except Malformed:
            return None
    if not left:
        return None
    return left[0], ((("then", ",".join(left[1:])),) if left[1:] else ())
