"""A domain or address of ours in, searches at ONYPHE out; its answers in, services out.

Source of the format: ONYPHE's API documentation, version 2, category datascan, and answers of the service.
An answer bears the address of whoever asked (``myip``): it is taken off before anything is read. Fields that
the plan does not cover hold a text that says so, in place of their value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_searches as search
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import names, number, table, texts, thing, word

TITLE = "ONYPHE, services (category datascan)"
TECHNIQUE = "T1596.005"
DATABASE = "onyphe"
SUBJECTS = ("domain", "ip")
HOSTS = ("www.onyphe.io",)
REFERRALS = 0
KEY = "API key of the account page"
OPTIONAL_KEY = False
PACE = 1.5
EMPTY: tuple[int, ...] = ()
LIVE = False

MOST_PAGES = 100
_HEADERS = (("authorization", "bearer ${key}"), ("accept", "application/json"))
_CLOSED = "<enterprise field>"


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of one look-up, 100 at most."""
    page = 1
    if after is not None:
        page = search.page(after.request) + 1
        try:
            said = table(after.body)
        except Malformed:
            return None
        if page > min(number(said.get("max_page")) or 1, MOST_PAGES) or not said.get("results"):
            return None
    query: tuple[tuple[str, str], ...] = (("page", str(page)),)
    path = f"/api/v2/simple/datascan/{subject.value}"
    if subject.type == "domain":
        path, words = "/api/v2/search/", {"domain": "category:datascan domain:{}"}
        query = (("q", search.query(subject, words)), *query)
    return Request(host=HOSTS[0], path=path, query=query, headers=_HEADERS)


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Results of other categories, and those that are not about the subject, are left out.
    """
    said = {name: value for name, value in table(reply.body).items() if name != "myip"}
    if said.get("error") not in (None, 0, "0", "", False) or said.get("status") == "nok":
        raise search.refusal("ONYPHE", *(said.get(name) for name in ("error", "text", "message")))
    results = said.get("results")
    if not isinstance(results, list):
        raise Malformed("no search result: results is missing")
    found: list[Service] = []
    for place, result in enumerate(results, 1):
        try:
            one = _service(subject, thing(result))
        except Malformed as problem:
            yield Trouble("onyphe", place, str(problem))
            continue
        if one is not None and search.ours(subject, one):
            found.append(one)
    yield from kit.once(found)
    if search.page(reply.request) >= MOST_PAGES < (number(said.get("max_page")) or 1):
        yield Trouble("onyphe", None, f"only the first {MOST_PAGES} pages are read", "use an export")


def _service(subject: Subject, said: Mapping[str, object]) -> Service | None:
    if said.get("@category") not in (None, "datascan"):
        return None
    ip, port = kit.ip_of(said.get("ip")), kit.port(said.get("port"))
    if ip is None or port is None:
        raise Malformed("a result lacks ip or port")
    banner, seen = _told(said.get("data")), _told(said.get("@timestamp"))
    named = search.pointing(subject, texts(said.get("hostname")))
    found = Service(
        ip=ip,
        port=port,
        transport=(_told(said.get("transport")) or "tcp").lower(),
        protocol=(_told(said.get("protocol")) or "").lower() or None,
        product=_told(said.get("product")),
        version=_told(said.get("productversion")),
        cpes=kit.cpes(texts(said.get("cpe"))),
        cves=kit.cves(texts(said.get("cve"))),
        tags=kit.tags(one for one in texts(said.get("tag")) if not one.startswith(_CLOSED)),
        hostnames=search.hosts([*named, *texts(said.get("reverse"))]),
        banner=banner[: kit.BANNER] if banner else None,
        title=_told(thing(thing(said.get("app")).get("http")).get("title")),
        asn=kit.asn(_told(said.get("asn"))),
        last_seen=parse.time(seen) if seen else None,
    )
    return _with_certificate(found, said)


def _told(said: object) -> str | None:
    found = word(said)
    return None if found is None or found.startswith(_CLOSED) else found


def _with_certificate(found: Service, said: Mapping[str, object]) -> Service:
    if said.get("tls") not in ("true", True):
        return found
    subject = thing(said.get("subject"))
    return replace(
        found,
        certificate_serial=kit.serial(_told(said.get("serial")), 16),
        certificate_sha256=kit.sha256(thing(said.get("fingerprint")).get("sha256")),
        certificate_names=names([*texts(subject.get("altname")), subject.get("commonname")]),
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    if b'"max_page"' in head and (b'"myip"' in head or b'"@category"' in head):
        return 92
    return 85 if b'"@category"' in head and b'"datascan"' in head else 60 if b'"myip"' in head else 0
