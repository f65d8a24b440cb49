"""Saved answers of Censys' retired Search API (v2) in, services out; nobody is asked.

Source of the format: answers of search.censys.io/api/v2, hosts search (short services) and host view (whole
ones). Exports of that time are still what many have of the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import names, table, texts, thing, things, word

TITLE = "Censys Search v2, services (import only)"
TECHNIQUE = "T1596.005"
DATABASE = "censys-legacy"
SUBJECTS: tuple[str, ...] = ()
HOSTS: tuple[str, ...] = ()
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 0.0
EMPTY: tuple[int, ...] = ()
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Nothing: the service ended; such answers are only imported."""
    return None


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer."""
    said = table(reply.body)
    result, code = thing(said.get("result")), said.get("code")
    if code not in (None, 200) or said.get("error"):
        raise kit.refused("Censys", word(said.get("error")) or code)
    hits = result.get("hits")
    if not isinstance(hits, list) and not isinstance(result.get("services"), list):
        raise Malformed("no answer about hosts: result is missing")
    found: list[Service] = []
    for place, host in enumerate(hits if isinstance(hits, list) else [result], 1):
        try:
            found += _services(thing(host))
        except Malformed as problem:
            yield Trouble("censys-legacy", place, str(problem))
    yield from kit.once(found)


def _services(host: Mapping[str, object]) -> Iterator[Service]:
    ip = kit.ip_of(host.get("ip"))
    if ip is None or not isinstance(host.get("services"), list):
        raise Malformed("a host lacks ip or services")
    dns, system = thing(host.get("dns")), thing(host.get("autonomous_system"))
    hostnames = names([*texts(thing(dns.get("reverse_dns")).get("names")), *texts(dns.get("names"))])
    for one in things(host.get("services")):
        port, seen = (
            kit.port(one.get("port")),
            word(one.get("observed_at")) or word(host.get("last_updated_at")),
        )
        if port is None:
            raise Malformed("a service lacks its port")
        found = Service(
            ip=ip,
            port=port,
            transport=(word(one.get("transport_protocol")) or "tcp").lower(),
            protocol=_protocol(one),
            hostnames=hostnames,
            banner=(word(one.get("banner")) or "")[: kit.BANNER] or None,
            tags=kit.tags(texts(one.get("labels"))),
            fingerprint=kit.fingerprint(thing(one.get("jarm")).get("fingerprint")),
            host_key=_host_key(thing(one.get("ssh"))),
            asn=kit.asn(system.get("asn")),
            last_seen=parse.time(seen) if seen else None,
        )
        yield _with_certificate(_with_page(_with_software(found, one), one), one)


def _protocol(said: Mapping[str, object]) -> str | None:
    found = (word(said.get("extended_service_name")) or word(said.get("service_name")) or "").lower()
    return None if found in ("", "unknown") else found


def _host_key(said: Mapping[str, object]) -> str | None:
    return kit.sha256(thing(said.get("server_host_key")).get("fingerprint_sha256"))


def _with_software(found: Service, said: Mapping[str, object]) -> Service:
    software = things(said.get("software"))
    best = next((one for one in software if one.get("part") in ("a", None) and word(one.get("product"))), {})
    return replace(
        found,
        product=word(best.get("product")),
        version=word(best.get("version")),
        cpes=kit.cpes(one.get("uniform_resource_identifier") for one in software),
    )


def _with_page(found: Service, said: Mapping[str, object]) -> Service:
    page = thing(thing(said.get("http")).get("response"))
    favicons = things(page.get("favicons"))
    return replace(
        found,
        title=word(page.get("html_title")),
        server=kit.header(page.get("headers"), "server"),
        location=kit.header(page.get("headers"), "location"),
        body_sha256=kit.sha256(page.get("body_hash")),
        favicon=word(favicons[0].get("md5_hash")) if favicons else None,
    )


def _with_certificate(found: Service, said: Mapping[str, object]) -> Service:
    tls = thing(said.get("tls"))
    certificates = thing(tls.get("certificates"))
    leaf = thing(certificates.get("leaf_data"))
    signed = thing(leaf.get("signature")).get("self_signed")
    return replace(
        found,
        tls_versions=kit.tls_versions(texts(tls.get("version_selected"))),
        certificate_sha256=kit.sha256(said.get("certificate")) or kit.sha256(leaf.get("fingerprint")),
        certificate_names=names(texts(leaf.get("names"))),
        self_signed=signed if isinstance(signed, bool) else None,
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 92 if b'"extended_service_name"' in head and b'"transport_protocol"' in head else 0
