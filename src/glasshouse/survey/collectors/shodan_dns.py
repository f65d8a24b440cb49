"""A domain of ours in, questions to Shodan's DNS database out; its answers in, DNS records out.

Source of the format: developer.shodan.io/api, ``/dns/domain/{domain}``. Each page costs one query credit.
Times are UTC without saying so. An MX record stands there without its preference, names of ``subdomains``
without any record are no facts and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import number, spelt, thing, word
from glasshouse.survey.parse_shodan import answer

TITLE = "Shodan, DNS records by domain (a query credit for each page)"
TECHNIQUE = "T1596.001"
DATABASE = "shodan"
SUBJECTS = ("domain",)
HOSTS = ("api.shodan.io",)
REFERRALS = 0
KEY = "API key of the account page"
OPTIONAL_KEY = False
PACE = 1.1
EMPTY = (404,)
LIVE = False

MOST_PAGES = 100
_TYPE = re.compile(r"[A-Z][A-Z0-9]{0,9}")
_NAMED = {"CNAME", "NS", "PTR", "MX", "DNAME"}


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages about one domain, as long as there are more; 100 at most."""
    page = 1
    if after is not None:
        page = _page(after) + 1
        try:
            more = answer(after.body, "Shodan").get("more") is True
        except (Malformed, ReadError):
            return None
        if page > MOST_PAGES or not more:
            return None
    return Request(
        host=HOSTS[0],
        path=f"/dns/domain/{subject.value}",
        query=(("key", "${key}"), ("page", str(page))),
    )


def _page(reply: Reply) -> int:
    return number(dict(reply.request.query).get("page")) or 1


def read(subject: Subject, reply: Reply) -> Iterator[DnsRecord | Trouble]:
    """One record for each entry; raises Malformed, and ReadError for an error inside an answer."""
    if reply.status in EMPTY:
        return
    said = answer(reply.body, "Shodan")
    entries, domain = said.get("data"), spelt(word(said.get("domain")) or "")
    if not isinstance(entries, list) or domain is None:
        raise Malformed("no answer about a domain: domain or data is missing")
    for place, one in enumerate(entries, 1):
        try:
            yield _record(domain, thing(one))
        except Malformed as problem:
            yield Trouble("shodan-dns", place, str(problem))
    if _page(reply) >= MOST_PAGES and said.get("more") is True:
        yield Trouble("shodan-dns", None, f"more than {MOST_PAGES} pages: the rest is not read")


def _record(domain: str, said: Mapping[str, object]) -> DnsRecord:
    below, data = word(said.get("subdomain")), word(said.get("value"))
    kind = (word(said.get("type")) or "").upper()
    name = spelt(f"{below}.{domain}" if below else domain)
    if data is None or name is None or not _TYPE.fullmatch(kind):
        raise Malformed("an entry lacks type or value, or its name is none")
    seen = word(said.get("last_seen"))
    return DnsRecord(
        name=name, type=kind, data=_data(kind, data), last_seen=parse.time(seen) if seen else None
    )


def _data(kind: str, said: str) -> str:
    if kind in ("A", "AAAA"):
        return parse.address(said) or said
    if kind in _NAMED:
        first, _, last = said.rpartition(" ")
        return f"{first} {spelt(last) or last.lower()}".strip()
    return said.strip('"') if kind == "TXT" else said


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 90 if b'"subdomains"' in head and b'"domain"' in head and b'"subdomain"' in head else 0
