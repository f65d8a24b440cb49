"""A name or address of ours in, one DNS question after another out; answers in, what is in DNS now out.

Source of the format: the door's answers, and saved ones of DNS-over-HTTPS services (Google, Cloudflare).
Every answer gives a Resolution, also where there is no record. A domain is also asked for a name below it
that nobody would choose: what it answers is a wildcard, and stands under ``*.`` and the domain.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import DnsRecord, Resolution
from glasshouse.records import Trouble
from glasshouse.survey import parse_dns

TITLE = "DNS, what the chosen resolver answers"
TECHNIQUE = "T1596.001"
DATABASE = "dns"
SUBJECTS = ("domain", "hostname", "ip")
HOSTS = ("",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 0.05
EMPTY: tuple[int, ...] = ()
LIVE = True

_DOMAIN = ("A", "AAAA", "CNAME", "MX", "NS", "TXT", "CAA", "SOA", "DS", "DNSKEY", "HTTPS")
_HOST = ("A", "AAAA", "CNAME", "TXT", "CAA")
_LONGEST = 253


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The next question: each type of a domain, its DMARC policy, a wildcard; of a host; PTR."""
    questions = list(_questions(subject))
    at = 0
    if after is not None:
        before = (after.request.path, dict(after.request.query).get("type", ""))
        at = questions.index(before) + 1 if before in questions else len(questions)
    if at >= len(questions):
        return None
    name, kind = questions[at]
    return Request(host="", path=name, transport="dns", query=(("type", kind),))


def _questions(subject: Subject) -> Iterator[tuple[str, str]]:
    name = subject.value
    if subject.type == "ip":
        if parse.address(name):
            yield ipaddress.ip_address(name).reverse_pointer, "PTR"
        return
    yield from ((name, kind) for kind in (_DOMAIN if subject.type == "domain" else _HOST))
    if subject.type == "domain":
        below = ((f"_dmarc.{name}", "TXT"), (f"{_unlikely(name)}.{name}", "A"))
        yield from (one for one in below if len(one[0]) <= _LONGEST)


def _unlikely(domain: str) -> str:
    """A label that nobody would choose, always the same one for a domain."""
    return hashlib.sha256(domain.encode()).hexdigest()[:24]


def read(subject: Subject, reply: Reply) -> Iterator[DnsRecord | Resolution | Trouble]:
    """The Resolution and the records of one answer, also those of aliases it follows.

    Raises Malformed when it is no DNS answer. A failing zone (SERVFAIL) is a fact, but hides what is in it:
    like no answer in time, or a resolver that refuses, it makes the answer partial.
    """
    said = parse_dns.message(reply)
    label, _, parent = said.name.partition(".")
    asked = f"*.{parent}" if parent and label == _unlikely(parent) else said.name
    yield Resolution(
        name=asked,
        type=said.type,
        rcode=said.rcode,
        answers=said.answers,
        authentic=said.authentic,
        authoritative=said.authoritative,
    )
    unread = said.unread
    for one in said.rows:
        data = parse_dns.data(one.type, one.data)
        if data is None:
            unread += 1
        elif one.type not in parse_dns.SIGNATURES:
            name = asked if one.name == said.name else one.name
            yield DnsRecord(name=name, type=one.type, data=data, live=True, ttl=one.ttl)
    yield from _troubles(said, unread)


def _troubles(said: parse_dns.Message, unread: int) -> Iterator[Trouble]:
    what = f"{said.name} {said.type}"
    if said.rcode == "TIMEOUT":
        yield Trouble("dns", None, f"no answer in time: {what}", "ask again later")
    elif said.rcode == "SERVFAIL":
        yield Trouble("dns", None, f"the zone fails, nothing in it can be seen: {what}", "see dnssec-broken")
    elif said.rcode in parse_dns.UNHEARD:
        yield Trouble("dns", None, f"the resolver answers {said.rcode}: {what}", "set survey.resolver")
    if said.cut:
        yield Trouble("dns", None, f"the answer is cut off: {what}")
    if unread:
        yield Trouble("dns", None, f"{unread} records cannot be read: {what}")


def detect(head: bytes, name: str) -> int:
    """An answer of a DNS-over-HTTPS service."""
    return 90 if b'"Status"' in head and b'"Question"' in head and head.lstrip()[:1] == b"{" else 0
