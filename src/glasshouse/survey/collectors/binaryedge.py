"""Saved answers of BinaryEdge, which ended in 2025, in; services out; nobody is asked.

Source of the format: answers of api.binaryedge.io/v2 about one address (results by port) and of searches (one
result an event). A result tells what one module saw; all that is told of a port makes one service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_searches as search
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import names, number, table, texts, thing, things, word

TITLE = "BinaryEdge, services (import only: the service ended)"
TECHNIQUE = "T1596.005"
DATABASE = "binaryedge"
SUBJECTS: tuple[str, ...] = ()
HOSTS: tuple[str, ...] = ()
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 0.0
EMPTY: tuple[int, ...] = ()
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Nothing: the service ended on 2025-03-31; its answers are only imported."""
    return None


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer."""
    said = table(reply.body)
    events = said.get("events")
    if not isinstance(events, list):
        reason = word(said.get("message")) or word(said.get("title"))
        if reason is not None:
            raise search.refusal("BinaryEdge", said.get("status"), reason)
        raise Malformed("no answer about hosts: events is missing")
    found: dict[str, Service] = {}
    for place, one in enumerate(_results(events), 1):
        try:
            service = _service(one)
        except Malformed as problem:
            yield Trouble("binaryedge", place, str(problem))
            continue
        other = found.get(service.key)
        found[service.key] = service if other is None else _both(service, other)
    yield from found.values()


def _results(events: list[object]) -> Iterator[Mapping[str, object]]:
    for event in map(thing, events):
        results = event.get("results")
        if isinstance(results, list):
            yield from map(thing, results)
        else:
            yield event


def _both(one: Service, other: Service) -> Service:
    """What either says; where both do, the newer one. Lists are united."""
    newer, older = (one, other) if (one.last_seen or 0) > (other.last_seen or 0) else (other, one)
    told: dict[str, object] = {}
    for field in fields(newer):
        new, old = getattr(newer, field.name), getattr(older, field.name)
        if isinstance(new, tuple):
            told[field.name] = tuple(sorted({*new, *old}))
        elif new is None:
            told[field.name] = old
    return replace(newer, **told)  # type: ignore[arg-type]


def _service(said: Mapping[str, object]) -> Service:
    target, origin, data = (
        thing(said.get("target")),
        thing(said.get("origin")),
        thing(thing(said.get("result")).get("data")),
    )
    ip, port, time = kit.ip_of(target.get("ip")), kit.port(target.get("port")), number(origin.get("ts"))
    if ip is None or port is None:
        raise Malformed("a result lacks the address or port of its target")
    found = Service(
        ip=ip,
        port=port,
        transport=(word(target.get("protocol")) or "tcp").lower(),
        last_seen=parse.time(time) if time is not None else None,
    )
    found = _with_service(found, thing(data.get("service")))
    return _with_tls(_with_page(found, thing(data.get("response"))), data)


def _with_service(found: Service, said: Mapping[str, object]) -> Service:
    banner, name = word(said.get("banner")), (word(said.get("name")) or "").lower()
    return replace(
        found,
        protocol=None if name in ("", "unknown") else name,
        product=word(said.get("product")),
        version=word(said.get("version")),
        cpes=kit.cpes(texts(said.get("cpe"))),
        banner=banner[: kit.BANNER] if banner else None,
    )


def _with_page(found: Service, said: Mapping[str, object]) -> Service:
    """A page that was reached by redirects says nothing of this port, but where it led."""
    redirects = things(said.get("redirects"))
    if redirects:
        headers = redirects[0].get("headers")
        server, location = kit.header(headers, "server"), kit.header(headers, "location")
        return replace(found, server=server, location=location)
    icon = number(thing(said.get("favicon")).get("mmh3_hash"))
    return replace(
        found,
        title=word(said.get("title")),
        server=kit.header(thing(said.get("headers")).get("headers"), "server"),
        body_sha256=kit.sha256(thing(said.get("body")).get("sha256_hash")),
        favicon=None if icon is None else str(icon),
    )


def _with_tls(found: Service, said: Mapping[str, object]) -> Service:
    details, server = thing(said.get("details")), thing(said.get("server_info"))
    versions = [details.get(f"{end}_ssl_version_supported") for end in ("lowest", "highest")]
    chain = things(thing(said.get("cert_info")).get("certificate_chain"))
    leaf = chain[0] if chain else {}
    cert = thing(leaf.get("as_dict"))
    signed = cert.get("self_signed")
    common, others = thing(cert.get("subject")).get("common_name"), thing(cert.get("extensions"))
    return replace(
        found,
        fingerprint=kit.fingerprint(said.get("jarm_hash")),
        tls_versions=kit.tls_versions([*versions, server.get("highest_ssl_version_supported")]),
        certificate_serial=kit.serial(cert.get("serial_number")),
        certificate_sha256=kit.sha256(leaf.get("sha256_fingerprint")),
        certificate_names=names([*texts(others.get("subject_alt_name")), common]),
        self_signed=signed if isinstance(signed, bool) else None,
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 92 if b'"events"' in head and b'"origin"' in head and b'"target"' in head else 0
