"""A domain or address of ours in, a question to LeakIX out; its answer in, services out.

Source of the format: LeakIX' API documentation, its event format (l9format) and answers of the service. An
event of a leak may hold passwords and pieces of what leaked: of such an event only the service, the plugin
that found it and its severity are kept, as tags; never the summary, never credentials.
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
from glasshouse.survey.parse_names import names, table, texts, thing, word

TITLE = "LeakIX, services and leaks"
TECHNIQUE = "T1596.005"
DATABASE = "leakix"
SUBJECTS = ("domain", "ip")
HOSTS = ("leakix.net",)
REFERRALS = 0
KEY = "API key of the settings page"
OPTIONAL_KEY = False
PACE = 1.2
EMPTY = (404,)
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """One request for all that is known of the address or domain."""
    if after is not None:
        return None
    kind = "domain" if subject.type == "domain" else "host"
    headers = (("api-key", "${key}"), ("accept", "application/json"))
    return Request(host=HOSTS[0], path=f"/{kind}/{subject.value}", headers=headers)


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Events that are not about the subject are left out.
    """
    if reply.status in EMPTY:
        return
    said = table(reply.body)
    if "Services" not in said and "Leaks" not in said:
        reason = word(said.get("description")) or word(said.get("error")) or word(said.get("title"))
        if reason is not None:
            raise search.refusal("LeakIX", reason)
        raise Malformed("no answer about a host: Services and Leaks are missing")
    found: list[Service] = []
    for half in ("Services", "Leaks"):
        events = said.get(half)
        if events is not None and not isinstance(events, list):
            raise Malformed(f"{half} is no list")
        for place, event in enumerate(events or [], 1):
            try:
                one = _service(thing(event), leak=half == "Leaks")
            except Malformed as problem:
                yield Trouble("leakix", place, str(problem))
                continue
            if search.ours(subject, one):
                found.append(one)
    yield from kit.once(found)


def _service(said: Mapping[str, object], leak: bool) -> Service:
    ip, port, seen = kit.ip_of(said.get("ip")), kit.port(said.get("port")), word(said.get("time"))
    if ip is None or port is None:
        raise Malformed("an event lacks ip or port")
    ways = texts(said.get("transport"))
    leak = leak or said.get("event_type") == "leak"
    protocol, banner = (word(said.get("protocol")) or "").lower(), word(said.get("summary"))
    software = thing(thing(said.get("service")).get("software"))
    found = Service(
        ip=ip,
        port=port,
        transport="udp" if "udp" in ways else "tcp",
        protocol=protocol or None,
        product=word(software.get("name")),
        version=word(software.get("version")),
        tags=_tags(said, leak),
        hostnames=search.hosts([said.get("host"), said.get("reverse")]),
        banner=banner[: kit.BANNER] if banner and not leak else None,
        asn=kit.asn(thing(said.get("network")).get("asn")),
        last_seen=parse.time(seen) if seen else None,
    )
    return _with_certificate(_with_page(found, thing(said.get("http"))), thing(said.get("ssl")))


def _tags(said: Mapping[str, object], leak: bool) -> tuple[str, ...]:
    if not leak:
        return kit.tags(texts(said.get("tags")))
    severity = word(thing(said.get("leak")).get("severity"))
    marks = ["leak", said.get("event_source"), f"leak-{severity}" if severity else None]
    return kit.tags([*texts(said.get("tags")), *marks])


def _with_page(found: Service, said: Mapping[str, object]) -> Service:
    return replace(
        found,
        title=word(said.get("title")),
        server=kit.header(said.get("header"), "server"),
        location=kit.header(said.get("header"), "location"),
        favicon=word(said.get("favicon_hash")),
    )


def _with_certificate(found: Service, said: Mapping[str, object]) -> Service:
    cert = thing(said.get("certificate"))
    return replace(
        found,
        fingerprint=kit.fingerprint(said.get("jarm")),
        tls_versions=kit.tls_versions([said.get("version")]),
        certificate_sha256=kit.sha256(cert.get("fingerprint")),
        certificate_names=names([cert.get("cn"), *texts(cert.get("domain"))]),
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    if b'"event_source"' in head and (b'"Services"' in head or b'"Leaks"' in head):
        return 92
    return 80 if b'"Services"' in head and b'"Leaks"' in head else 0
