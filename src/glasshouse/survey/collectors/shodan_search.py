"""A domain or network of ours in, searches at Shodan out; its answers in, services out.

Source of the format: developer.shodan.io/api and answers of the service. Each page is a request that costs
one query credit, 100 services a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import names, number, texts, thing
from glasshouse.survey.parse_services import once, under
from glasshouse.survey.parse_shodan import answer, service

TITLE = "Shodan, services by host name or network (a query credit for each page of 100)"
TECHNIQUE = "T1596.005"
DATABASE = "shodan"
SUBJECTS = ("domain", "cidr")
HOSTS = ("api.shodan.io",)
REFERRALS = 0
KEY = "API key of the account page"
OPTIONAL_KEY = False
PACE = 1.1
EMPTY: tuple[int, ...] = ()
LIVE = False

PAGE, MOST_PAGES = 100, 20


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of one search, 20 at most."""
    page = 1
    if after is not None:
        page = _page(after) + 1
        try:
            said = answer(after.body, "Shodan")
        except (Malformed, ReadError):
            return None
        total = number(said.get("total")) or 0
        if page > MOST_PAGES or not said.get("matches") or total <= PAGE * (page - 1):
            return None
    word = "hostname" if subject.type == "domain" else "net"
    return Request(
        host=HOSTS[0],
        path="/shodan/host/search",
        query=(("key", "${key}"), ("query", f"{word}:{subject.value}"), ("page", str(page))),
    )


def _page(reply: Reply) -> int:
    return number(dict(reply.request.query).get("page")) or 1


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port. Raises Malformed, and ReadError for an error inside an answer.

    ``hostname:`` also finds names that only contain the domain's; services without a name of the domain in
    host names or certificate are not ours and left out.
    """
    said = answer(reply.body, "Shodan")
    matches, total = said.get("matches"), number(said.get("total"))
    if not isinstance(matches, list) or total is None:
        raise Malformed("no search result: matches or total is missing")
    found: list[Service] = []
    for place, one in enumerate(matches, 1):
        try:
            one_service = service(thing(one))
        except Malformed as problem:
            yield Trouble("shodan-search", place, str(problem))
            continue
        if subject.type != "domain" or under(subject.value, _all_names(thing(one), one_service)):
            found.append(one_service)
    yield from once(found)
    if _page(reply) >= MOST_PAGES and total > PAGE * MOST_PAGES:
        reason = f"only the first {PAGE * MOST_PAGES:,} of {total:,} services are read"
        yield Trouble("shodan-search", None, reason, "ask about smaller networks")


def _all_names(said: Mapping[str, object], found: Service) -> tuple[str, ...]:
    others = names([*texts(said.get("domains")), thing(said.get("http")).get("host")])
    return (*found.hostnames, *found.certificate_names, *others)


def detect(head: bytes, name: str) -> int:
    """A list of matches with Shodan's own field names."""
    return 92 if b'"matches"' in head and (b'"_shodan"' in head or b'"ip_str"' in head) else 0
