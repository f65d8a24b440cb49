"""A domain of ours in, a search at crt.sh out; its JSON in, certificates out.

Source of the format: answers of crt.sh itself (``output=json``); times are UTC without saying so. Each
issuance stands there twice, as precertificate and as certificate, with one serial number; older answers have
no serial number, and the two are known by their names and dates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Certificate
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import listed, names, number, spelt, thing, word

TITLE = "crt.sh, certificates by domain"
TECHNIQUE = "T1596.003"
DATABASE = "crtsh"
SUBJECTS = ("domain",)
HOSTS = ("crt.sh",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 5.0
EMPTY: tuple[int, ...] = ()
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """One search for the domain and all names below it; crt.sh has no pages."""
    if after is not None:
        return None
    return Request(host=HOSTS[0], query=(("Identity", subject.value), ("output", "json")))


def read(subject: Subject, reply: Reply) -> Iterator[Certificate | Trouble]:
    """One certificate for each issuance; raises Malformed for a page of HTML."""
    issuances: dict[tuple[object, ...], Certificate] = {}
    for place, one in enumerate(listed(reply.body), 1):
        try:
            found = _certificate(one)
        except Malformed as problem:
            yield Trouble("crtsh", place, str(problem))
            continue
        twin = (found.issuer, found.names, found.not_before, found.not_after)
        key = (found.issuer, found.serial) if not found.serial.startswith("crt.sh ") else twin
        issuances.setdefault(key, found)
        if unread := _unread(one):
            yield Trouble("crtsh", place, f"{unread} names of a certificate cannot be read")
    yield from issuances.values()


def _unread(said: object) -> int:
    """How many words of an entry are neither a name nor a mail address."""
    words = (word(thing(said).get("name_value")) or "").split("\n")
    return sum(spelt(one) is None and "@" not in one for one in words)


def _certificate(said: object) -> Certificate:
    if not isinstance(said, Mapping):
        raise Malformed("an entry is no JSON object")
    issuer, ident = word(said.get("issuer_name")), number(said.get("id"))
    listed_names = word(said.get("name_value")) or ""
    if issuer is None or ident is None or not listed_names:
        raise Malformed("an entry lacks issuer_name, id or name_value")
    serial = (word(said.get("serial_number")) or "").lower().lstrip("0")
    words = listed_names.split("\n")
    return Certificate(
        serial=serial or f"crt.sh {ident}",
        issuer=issuer,
        names=names(words),
        common_name=word(said.get("common_name")),
        emails=tuple(sorted({one.strip().lower() for one in words if "@" in one})),
        not_before=parse.time(said.get("not_before")),
        not_after=parse.time(said.get("not_after")),
        logged=parse.time(said.get("entry_timestamp")),
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 95 if b'"issuer_ca_id"' in head and b'"name_value"' in head else 0
