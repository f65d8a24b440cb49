"""A domain, address or network of ours in, searches at Netlas out; its answers in, services out.

Source of the format: Netlas' documentation and answers of its responses search; 20 responses a page. Several
responses may be about one port (paths, names): they become one service.
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
from glasshouse.survey.parse_names import names, number, table, texts, thing, things, word

TITLE = "Netlas, services (a request for each page of 20)"
TECHNIQUE = "T1596.005"
DATABASE = "netlas"
SUBJECTS = ("domain", "ip", "cidr")
HOSTS = ("app.netlas.io",)
REFERRALS = 0
KEY = "API key of the profile page"
OPTIONAL_KEY = False
PACE = 1.2
EMPTY: tuple[int, ...] = ()
LIVE = False

PAGE, MOST_PAGES = 20, 100
_WORDS = {"domain": "host:{} OR host:*.{}", "ip": 'ip:"{}"', "cidr": 'ip:"{}"'}


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of one search, 100 at most."""
    start = 0
    if after is not None:
        start = _start(after.request) + PAGE
        try:
            items = table(after.body).get("items")
        except Malformed:
            return None
        if start >= PAGE * MOST_PAGES or not isinstance(items, list) or len(items) < PAGE:
            return None
    return Request(
        host=HOSTS[0],
        path="/api/responses/",
        query=(("q", search.query(subject, _WORDS)), ("start", str(start))),
        headers=(("x-api-key", "${key}"), ("accept", "application/json")),
    )


def _start(request: Request) -> int:
    return number(dict(request.query).get("start")) or 0


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Responses that are not about the subject are left out.
    """
    said = table(reply.body)
    items = said.get("items")
    if not isinstance(items, list):
        reason = next(filter(None, (word(said.get(name)) for name in ("error", "detail", "title"))), None)
        if reason is not None:
            raise search.refusal("Netlas", reason)
        raise Malformed("no search result: items is missing")
    found: list[Service] = []
    for place, item in enumerate(items, 1):
        try:
            one = _service(subject, thing(thing(item).get("data")))
        except Malformed as problem:
            yield Trouble("netlas", place, str(problem))
            continue
        if search.ours(subject, one):
            found.append(one)
    yield from kit.once(found)
    if len(items) >= PAGE and _start(reply.request) + PAGE >= PAGE * MOST_PAGES:
        reason = f"only the first {PAGE * MOST_PAGES:,} responses are read"
        yield Trouble("netlas", None, reason, "ask about smaller networks")


def _service(subject: Subject, said: Mapping[str, object]) -> Service:
    ip, port = kit.ip_of(said.get("ip")), kit.port(said.get("port"))
    if ip is None or port is None:
        raise Malformed("a response lacks ip or port")
    seen = word(said.get("last_updated")) or word(said.get("@timestamp"))
    named = search.pointing(subject, texts(said.get("domain")))
    numbers = thing(thing(said.get("whois")).get("asn")).get("number")
    found = Service(
        ip=ip,
        port=port,
        transport=(word(said.get("prot4")) or "tcp").lower(),
        protocol=(word(said.get("prot7")) or word(said.get("protocol")) or "").lower() or None,
        cpes=kit.cpes(cpe for tag in things(said.get("tag")) for cpe in texts(tag.get("cpe"))),
        hostnames=search.hosts([said.get("host"), *named, *texts(said.get("ptr"))]),
        asn=kit.asn(kit.first(numbers)),
        last_seen=parse.time(seen) if seen else None,
    )
    return _with_certificate(
        _with_page(_with_product(found, things(said.get("tag"))), thing(said.get("http"))),
        thing(said.get("certificate")),
    )


def _with_product(found: Service, tags: list[Mapping[str, object]]) -> Service:
    """A web server among the tags is what answers; the others are libraries and themes of the page."""
    for tag in tags:
        name = word(tag.get("name"))
        if name is not None and "Web servers" in texts(tag.get("category")):
            version = word(thing(tag.get(name)).get("version"))
            return replace(found, product=word(tag.get("fullname")) or name, version=version)
    return found


def _with_page(found: Service, said: Mapping[str, object]) -> Service:
    return replace(
        found,
        title=word(said.get("title")),
        server=kit.header(said.get("headers"), "server"),
        location=kit.header(said.get("headers"), "location"),
        body_sha256=kit.sha256(said.get("body_sha256")),
        favicon=kit.sha256(thing(said.get("favicon")).get("hash_sha256")),
    )


def _with_certificate(found: Service, said: Mapping[str, object]) -> Service:
    signed = thing(said.get("signature")).get("self_signed")
    subject = thing(said.get("subject"))
    return replace(
        found,
        certificate_serial=kit.serial(said.get("serial_number")),
        certificate_sha256=kit.sha256(said.get("fingerprint_sha256")),
        certificate_names=names([*texts(said.get("names")), *texts(subject.get("common_name"))]),
        self_signed=signed if isinstance(signed, bool) else None,
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    if b'"items"' not in head:
        return 0
    return 90 if b'"prot7"' in head or b'"host_type"' in head else 60 if b'"took"' in head else 0
