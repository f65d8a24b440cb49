"""A domain, address or network of ours in, questions to Censys out; its answers in, services out.

Source of the format: docs.censys.com (Platform API v3, query language CenQL) and answers of the service. A
free account may look up single addresses; searching needs a plan and costs credits, 100 hosts a page. The
key is a personal access token, with the organisation's id behind a colon where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import cast

import orjson

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import names, number, table, texts, thing, things, word

TITLE = "Censys Platform, services (searching costs credits)"
TECHNIQUE = "T1596.005"
DATABASE = "censys-platform"
SUBJECTS = ("domain", "ip", "cidr")
HOSTS = ("api.platform.censys.io",)
REFERRALS = 0
KEY = "personal access token, or token:organisation-id"
OPTIONAL_KEY = False
PACE = 2.5
EMPTY = (404,)
LIVE = False

PAGE = 100
_HEADERS = (("authorization", "Bearer ${user}"), ("x-organization-id", "${password}"))
_SEARCH = "/v3/global/search/query"


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """A look-up of an address, or the pages of a search; the door bounds how many."""
    if subject.type == "ip":
        path = f"/v3/global/asset/host/{subject.value}"
        accept = ("accept", "application/vnd.censys.api.v3.host.v1+json")
        return None if after is not None else Request(host=HOSTS[0], path=path, headers=(*_HEADERS, accept))
    token = "" if after is None else _next(after)
    if after is not None and (not token or token == _token(after.request)):
        return None
    body = {"query": _query(subject), "page_size": PAGE, **({"page_token": token} if token else {})}
    headers = (*_HEADERS, ("accept", "application/json"), ("content-type", "application/json"))
    return Request(
        host=HOSTS[0], path=_SEARCH, method="POST", headers=headers, body=orjson.dumps(body).decode()
    )


def _query(subject: Subject) -> str:
    said = subject.value.replace("\\", "").replace('"', "")
    if subject.type == "domain":
        return f'host.dns.names: "{said}" or host.services.cert.names: "{said}"'
    return f'host.ip: "{said}"'


def _next(reply: Reply) -> str:
    try:
        return word(thing(table(reply.body).get("result")).get("next_page_token")) or ""
    except Malformed:
        return ""


def _token(request: Request) -> str:
    try:
        return word(table(request.body.encode()).get("page_token")) or ""
    except Malformed:
        return ""


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    A search finds names by their parts; hosts and services without a name of the domain are not ours and
    left out.
    """
    if reply.status in EMPTY:
        if reply.request.path == _SEARCH:  # a search that finds nothing says so with 200
            raise kit.refused("Censys", f"answers {reply.status} to a search", "check the organisation's id")
        return
    found: list[Service] = []
    for place, hit in enumerate(_hits(table(reply.body)), 1):
        host = thing(thing(thing(hit).get("host_v1")).get("resource")) or thing(thing(hit).get("resource"))
        try:
            found += _services(host, subject)
        except Malformed as problem:
            yield Trouble("censys", place, str(problem))
    yield from kit.once(found)


def _hits(said: Mapping[str, object]) -> list[object]:
    result = thing(said.get("result"))
    if isinstance(result.get("hits"), list):
        return cast("list[object]", result["hits"])
    if result.get("hits") is None and number(_whole(result.get("total_hits"))) == 0:
        return []
    if isinstance(result.get("resource"), dict):
        return [result]
    reason = word(said.get("detail")) or word(said.get("title")) or word(said.get("error"))
    if reason is not None:
        raise kit.refused("Censys", reason)
    raise Malformed("no answer about hosts: result is missing")


def _whole(said: object) -> object:
    return int(said) if isinstance(said, float) and said.is_integer() else said


def _services(host: Mapping[str, object], subject: Subject) -> Iterator[Service]:
    ip, listed = kit.ip_of(host.get("ip")), host.get("services")
    if ip is None:
        raise Malformed("a hit is no host, or its ip is missing")
    dns = thing(host.get("dns"))
    pointing, reverse = names(texts(dns.get("names"))), texts(thing(dns.get("reverse_dns")).get("names"))
    ours = kit.under(subject.value, pointing) if subject.type == "domain" else pointing
    asn = kit.asn(thing(host.get("autonomous_system")).get("asn"))
    for one in things(listed):
        found = _service(one, ip)
        hostnames = names([*ours, *reverse, *(word(end.get("hostname")) for end in _ends(one))])
        mine = ours or kit.under(subject.value, (*hostnames, *found.certificate_names))
        if subject.type != "domain" or mine:
            yield replace(found, hostnames=tuple(name for name in hostnames if name != ip), asn=asn)


def _ends(said: Mapping[str, object]) -> list[Mapping[str, object]]:
    return things(said.get("endpoints"))


def _service(said: Mapping[str, object], ip: str) -> Service:
    port, seen = kit.port(said.get("port")), word(said.get("scan_time"))
    if port is None:
        raise Malformed("a service lacks its port")
    protocol = (word(said.get("protocol")) or "").lower()
    banner = word(said.get("banner")) or kit.first([end.get("banner") for end in _ends(said)])
    labels = [*things(said.get("labels")), *things(said.get("threats"))]
    found = Service(
        ip=ip,
        port=port,
        transport=(word(said.get("transport_protocol")) or "tcp").lower(),
        protocol=None if protocol in ("", "unknown") else protocol,
        cves=kit.cves(one.get("id") for one in things(said.get("vulns"))),
        tags=kit.tags(one.get("value") or one.get("name") for one in labels),
        banner=banner[: kit.BANNER] if banner else None,
        host_key=kit.sha256(thing(thing(said.get("ssh")).get("server_host_key")).get("fingerprint_sha256")),
        last_seen=parse.time(seen) if seen else None,
    )
    return _with_certificate(_with_page(_with_software(found, said), said), said)


def _with_software(found: Service, said: Mapping[str, object]) -> Service:
    software = things(said.get("software"))
    named = [one for one in software if one.get("part") in ("a", "", None) and word(one.get("product"))]
    best = max(named, key=_sureness, default={})
    return replace(
        found,
        product=word(best.get("product")),
        version=word(best.get("version")),
        cpes=kit.cpes(one.get("cpe") for one in software),
    )


def _sureness(said: Mapping[str, object]) -> tuple[bool, float]:
    sure = said.get("confidence")
    return bool(word(said.get("version"))), sure if isinstance(sure, float) else 0.0


def _with_page(found: Service, said: Mapping[str, object]) -> Service:
    page = next((page for end in _ends(said) if (page := thing(end.get("http")))), {})
    icon = next(iter(things(page.get("favicons"))), {})
    mark = number(icon.get("hash_shodan"))
    return replace(
        found,
        title=word(page.get("html_title")),
        server=kit.header(page.get("headers"), "server"),
        location=kit.header(page.get("headers"), "location"),
        body_sha256=kit.sha256(page.get("body_hash_sha256")),
        favicon=str(mark) if mark is not None else word(icon.get("hash_md5")),
    )


def _with_certificate(found: Service, said: Mapping[str, object]) -> Service:
    tls, cert = thing(said.get("tls")), thing(said.get("cert"))
    parsed = thing(cert.get("parsed"))
    subject, issuer = word(parsed.get("subject_dn")), word(parsed.get("issuer_dn"))
    jarm = kit.fingerprint(thing(said.get("jarm")).get("fingerprint"))
    versions = [one.get("version") for one in things(tls.get("versions"))] or [tls.get("version_selected")]
    hexed = kit.serial(parsed.get("serial_number_hex"), 16)
    return replace(
        found,
        fingerprint=jarm or kit.fingerprint(tls.get("ja4s")),
        tls_versions=kit.tls_versions(versions),
        certificate_serial=hexed or kit.serial(parsed.get("serial_number")),
        certificate_sha256=kit.sha256(cert.get("fingerprint_sha256"))
        or kit.sha256(tls.get("fingerprint_sha256")),
        certificate_names=names(texts(cert.get("names"))),
        self_signed=subject == issuer if subject and issuer else None,
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    if b'"host_v1"' in head:
        return 92
    return 85 if b'"resource"' in head and b'"transport_protocol"' in head and b'"scan_time"' in head else 0
