"""A domain or address of ours in, questions to Criminal IP out; its answers in, services out.

Source of the format: Criminal IP's API documentation (asset report of an address, banner search) and answers
of the service. A domain is searched by the common name of certificates; of IPv6 it knows nothing. Errors come
with HTTP status 200 and stand in ``status``. Times bear no zone; they are taken as UTC.
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

TITLE = "Criminal IP, services by address or by the certificates of a domain"
TECHNIQUE = "T1596.005"
DATABASE = "criminalip"
SUBJECTS = ("domain", "ip")
HOSTS = ("api.criminalip.io",)
REFERRALS = 0
KEY = "API key of the information page"
OPTIONAL_KEY = False
PACE = 1.2
EMPTY: tuple[int, ...] = ()
LIVE = False

PAGE, MOST = 10, 1_000
_DONE = 200
_HEADERS = (("x-api-key", "${key}"), ("accept", "application/json"))
_WORDS = {"domain": "ssl_subject_common_name:{}"}
_UNKNOWN = ("", "unknown", "n/a", "-")


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The report of an address, or the pages of a search, 100 at most."""
    if subject.type == "ip":
        query = (("ip", subject.value), ("full", "true"))
        request = Request(host=HOSTS[0], path="/v1/asset/ip/report", query=query, headers=_HEADERS)
        return None if after is not None or ":" in subject.value else request
    offset = 0
    if after is not None:
        offset = _offset(after.request) + PAGE
        try:
            data = thing(table(after.body).get("data"))
        except Malformed:
            return None
        if offset >= min(MOST, number(data.get("count")) or 0) or not data.get("result"):
            return None
    query = (("query", search.query(subject, _WORDS)), ("offset", str(offset)))
    return Request(host=HOSTS[0], path="/v1/banner/search", query=query, headers=_HEADERS)


def _offset(request: Request) -> int:
    return number(dict(request.query).get("offset")) or 0


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Rows that are not about the subject are left out.
    """
    said = table(reply.body)
    status = number(said.get("status"))
    if status is None:
        raise Malformed("no answer: status is missing")
    if status != _DONE:
        raise search.refusal("Criminal IP", status, said.get("message"))
    found: list[Service] = []
    for place, one in enumerate(_services(said), 1):
        if isinstance(one, str):
            yield Trouble("criminalip", place, one)
        elif search.ours(subject, one):
            found.append(one)
    yield from kit.once(found)
    count = number(thing(said.get("data")).get("count")) or 0
    if _offset(reply.request) + PAGE >= MOST < count:
        reason = f"only the first {MOST:,} of {count:,} rows are read"
        yield Trouble("criminalip", None, reason, "look up the addresses")


def _services(said: Mapping[str, object]) -> Iterator[Service | str]:
    """Services, and in words what could not be read."""
    rows = thing(said.get("data")).get("result")
    if isinstance(rows, list):
        for row in map(thing, rows):
            yield _of_row(row) or "a row lacks ip_address or open_port_no"
        return
    ip, ports = kit.ip_of(said.get("ip")), thing(said.get("port")).get("data")
    if ip is None or not isinstance(ports, list):
        raise Malformed("no answer about services: data or port is missing")
    for one in map(thing, ports):
        if word(one.get("port_status")) in (None, "open"):
            yield _of_report(said, one, ip) or "an entry lacks open_port_no"


def _of_row(said: Mapping[str, object]) -> Service | None:
    ip, port = kit.ip_of(said.get("ip_address")), kit.port(said.get("open_port_no"))
    if ip is None or port is None:
        return None
    found = _service(said, ip, port, ("product", "product_version", "service_name", "scan_dtime"))
    return replace(
        found,
        tags=kit.tags([*texts(said.get("tags")), *_marks(said)]),
        hostnames=search.hosts(texts(said.get("hostname"))),
        title=word(said.get("title")),
        certificate_names=names([said.get("ssl_subject_common_name")]),
    )


def _of_report(said: Mapping[str, object], one: Mapping[str, object], ip: str) -> Service | None:
    port = kit.port(one.get("open_port_no"))
    if port is None:
        return None
    found = _service(one, ip, port, ("app_name", "app_version", "protocol", "confirmed_time"))
    named = things(thing(said.get("hostname")).get("data"))
    system = next(iter(things(thing(said.get("whois")).get("data"))), {})
    return replace(
        found,
        cves=kit.cves(_cves(said, port, found.transport)),
        tags=kit.tags([*texts(one.get("tags")), *_marks(thing(said.get("tags") or said.get("issues")))]),
        hostnames=search.hosts(host.get("domain_name_full") for host in named),
        fingerprint=kit.fingerprint(one.get("jarm_hash")),
        certificate_names=names([one.get("sdn_common_name"), *texts(one.get("dns_names"))]),
        asn=kit.asn(system.get("as_no")),
    )


def _service(said: Mapping[str, object], ip: str, port: int, called: tuple[str, str, str, str]) -> Service:
    """``called``: how product, version, protocol and time are called here."""
    product, version, protocol, time = (word(said.get(name)) for name in called)
    banner, socket = word(said.get("banner")), word(said.get("socket_type")) or word(said.get("socket"))
    return Service(
        ip=ip,
        port=port,
        transport=(socket or "tcp").lower(),
        protocol=(_known(protocol) or "").lower() or None,
        product=_known(product),
        version=_known(version),
        banner=banner[: kit.BANNER] if banner else None,
        last_seen=parse.time(time) if time else None,
    )


def _known(said: str | None) -> str | None:
    return None if said is None or said.lower() in _UNKNOWN else said


def _cves(said: Mapping[str, object], port: int, transport: str) -> Iterator[object]:
    """CVEs of an address that are told of this port."""
    for one in things(thing(said.get("vulnerability")).get("data")):
        listed = thing(one.get("open_port_no_list")).get(transport.upper())
        places = [(thing(at).get("port"), thing(at).get("socket")) for at in things(one.get("open_port_no"))]
        places += [(at, transport) for at in (listed if isinstance(listed, list) else [])]
        if any(number(at) == port and str(way or transport).lower() == transport for at, way in places):
            yield one.get("cve_id")


def _marks(said: Mapping[str, object]) -> list[str]:
    """``is_vpn: true`` is the tag ``vpn``."""
    return [
        name.removeprefix("is_") for name, value in said.items() if name.startswith("is_") and value is True
    ]


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 90 if b'"open_port_no"' in head else 80 if b'"search_keyword"' in head else 0
