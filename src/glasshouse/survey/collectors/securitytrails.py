"""A name or address of ours in, questions to SecurityTrails out; its answers in, DNS records out.

Source of the format: docs.securitytrails.com, API version 1. Of a name in its list of subdomains only the
name is known: its type is ANY and its data empty. A name in the list by address has that address today, as
the database says; dates are days in UTC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import number, spelt, table, thing, things, word

TITLE = "SecurityTrails, subdomains, history and names by address"
TECHNIQUE = "T1596.001"
DATABASE = "securitytrails"
SUBJECTS = ("domain", "hostname", "ip")
HOSTS = ("api.securitytrails.com",)
REFERRALS = 0
KEY = "API key of SecurityTrails"
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)
LIVE = False

MOST_PAGES = 100
_HEADERS = (("accept", "application/json"), ("apikey", "${key}"))
_ABOUT = re.compile(r"/v1/(?:domain|history)/([^/\s]+)/")
_ADDRESS = re.compile(r"ipv[46]\s*=\s*'([0-9A-Fa-f:.]+)'")


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The subdomains of a domain, then its addresses in history; names by address; 100 pages at most."""
    name = subject.value
    if after is None:
        if subject.type == "ip":
            return _by_address(name, 1)
        return _subdomains(name) if subject.type == "domain" else _history(name, 1)
    if after.request.path.endswith("/subdomains"):
        return _history(name, 1)
    page = _page(after) + 1
    if after.status != 200 or page > min(_pages(after), MOST_PAGES):
        return None
    return _by_address(name, page) if subject.type == "ip" else _history(name, page)


def _subdomains(name: str) -> Request:
    query = (("children_only", "false"), ("include_inactive", "true"))
    return Request(host=HOSTS[0], path=f"/v1/domain/{name}/subdomains", query=query, headers=_HEADERS)


def _history(name: str, page: int) -> Request:
    path = f"/v1/history/{name}/dns/a"
    return Request(host=HOSTS[0], path=path, query=(("page", str(page)),), headers=_HEADERS)


def _by_address(address: str, page: int) -> Request:
    return Request(
        host=HOSTS[0],
        path="/v1/domains/list",
        method="POST",
        query=(("page", str(page)),),
        headers=(*_HEADERS, ("content-type", "application/json")),
        body=json.dumps({"filter": {"ipv6" if ":" in address else "ipv4": address}}),
    )


def _page(reply: Reply) -> int:
    return number(dict(reply.request.query).get("page")) or 1


def _pages(reply: Reply) -> int:
    try:
        said = table(reply.body)
    except Malformed:
        return 0
    meta = thing(said.get("meta"))
    return max(number(one) or 0 for one in (said.get("pages"), meta.get("total_pages"), meta.get("max_page")))


def read(subject: Subject, reply: Reply) -> Iterator[DnsRecord | Trouble]:
    """Records of one answer, told apart by its fields.

    Raises Malformed when it is none of them, ReadError when it says only why there is no answer.
    """
    if reply.status == 404:
        return
    said = table(reply.body)
    entries = said.get("records")
    if isinstance(said.get("subdomains"), list):
        yield from _below(_about(subject, said), said)
        return
    if not isinstance(entries, list):
        if word(said.get("message")):
            raise ReadError("SecurityTrails refuses", "", "check the key, the plan and its quota")
        raise Malformed("no answer of SecurityTrails: subdomains or records is missing")
    found = [one for one in things(entries) if "values" in one or "hostname" in one]
    if reply.request.path == "/v1/domains/list" or any("hostname" in one for one in found):
        yield from _at_address(_address(subject, said), found)
    elif found:
        yield from _once(_about(subject, said), found)
    if len(found) < len(entries):
        yield Trouble("securitytrails", None, f"{len(entries) - len(found)} entries cannot be read")
    if _pages(reply) > MOST_PAGES <= _page(reply):
        yield Trouble("securitytrails", None, f"more than {MOST_PAGES} pages: the rest is not read")
    yield from _cut(said)


def _about(subject: Subject, said: Mapping[str, object]) -> str:
    """The name an answer is about: the one that was asked for, or what a saved answer says."""
    about = _ABOUT.match(word(said.get("endpoint")) or "")
    name = spelt(subject.value if subject.type in ("domain", "hostname") else about[1] if about else "")
    if name is None:
        raise Malformed("it does not say which name it is about")
    return name


def _address(subject: Subject, said: Mapping[str, object]) -> str:
    query = _ADDRESS.search(word(thing(said.get("meta")).get("query")) or "")
    address = parse.address(subject.value if subject.type == "ip" else query[1] if query else "")
    if address is None:
        raise Malformed("it does not say which address it is about")
    return address


def _below(domain: str, said: Mapping[str, object]) -> Iterator[DnsRecord | Trouble]:
    labels = said.get("subdomains")
    for place, one in enumerate(labels if isinstance(labels, list) else [], 1):
        name = spelt(f"{one}.{domain}") if isinstance(one, str) and one.strip() else None
        if name is None:
            yield Trouble("securitytrails", place, "a subdomain is no name")
        else:
            yield DnsRecord(name=name, type="ANY", data="")
    yield from _cut(said)


def _once(name: str, entries: list[Mapping[str, object]]) -> Iterator[DnsRecord | Trouble]:
    for place, one in enumerate(entries, 1):
        values = one.get("values")
        given = things(values) or [thing(values)]
        addresses = [parse.address(said) for row in given if (said := word(row.get("ip")))]
        if not addresses or None in addresses:
            yield Trouble("securitytrails", place, "an entry of the history has no address")
        for address in dict.fromkeys(addresses):
            if address is not None:
                yield DnsRecord(
                    name=name,
                    type="AAAA" if ":" in address else "A",
                    data=address,
                    first_seen=_day(one.get("first_seen")),
                    last_seen=_day(one.get("last_seen")),
                )


def _day(said: object) -> int | None:
    day = word(said)
    return parse.time(day) if day else None


def _at_address(address: str, entries: list[Mapping[str, object]]) -> Iterator[DnsRecord | Trouble]:
    for place, one in enumerate(entries, 1):
        name = spelt(word(one.get("hostname")) or "")
        if name is None:
            yield Trouble("securitytrails", place, "an entry has no name")
        else:
            yield DnsRecord(name=name, type="AAAA" if ":" in address else "A", data=address)


def _cut(said: Mapping[str, object]) -> Iterator[Trouble]:
    if thing(said.get("meta")).get("limit_reached") is True:
        yield Trouble("securitytrails", None, "more than the plan shows: the rest is not read")


def detect(head: bytes, name: str) -> int:
    """The path it puts into every answer."""
    said = re.search(rb'"endpoint"\s*:\s*"/v1/(domain|domains|history)/', head)
    return 95 if said else 80 if b'"a/ipv4"' in head and b'"values"' in head else 0
